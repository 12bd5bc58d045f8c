"""Licences along edges: where a derivative's differs from its parent's, and how licences are sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.licences import class_of, licence_classes
from store.queries.licences import list_licences

if TYPE_CHECKING:
    from tests.store.conftest import Desk


@pytest.fixture(name="family")
def fixture_family(desk: Desk) -> Desk:
    """Give a restricted base with a child of each kind."""
    base = "base_model:finetune:maple/model-1"
    licences = {2: "apache-2.0", 3: "llama3", 4: "gemma", 5: "cc-by-nc-4.0", 6: "other", 7: None}
    desk.take(
        [
            desk.record(1, tags=["license:llama3"]),
            *(
                desk.record(number, tags=[base, *([f"license:{name}"] if name else [])], downloads=number)
                for number, name in licences.items()
            ),
            desk.record(8, tags=["base_model:oak/lost", "license:mit"]),
            desk.record(9, tags=["base_model:finetune:maple/model-2", "license:mit"]),
        ]
    )
    desk.derive()
    return desk


def test_each_way_to_differ_has_its_name(family: Desk) -> None:
    """Looser ones come first; the same licence is not listed; another one of the same class is."""
    found = list_licences(family.database)
    assert [(str(row[0])[-1], row[1]) for row in found.rows] == [
        ("2", "looser"),
        ("4", "other"),
        ("9", "other"),
        ("5", "stricter"),
        ("7", "child_unknown"),
        ("6", "child_unknown"),
        ("8", "parent_unknown"),
    ]
    looser = dict(zip(found.columns, found.rows[0], strict=True))
    assert (looser["licence"], looser["parent_licence"]) == ("apache-2.0", "llama3")
    assert (looser["class"], looser["parent_class"]) == ("permissive", "restricted-use")


def test_a_listing_of_licences_is_narrowed(family: Desk) -> None:
    """A selector chooses the children, and a kind of drift the rows."""
    assert [row[0] for row in list_licences(family.database, selector="maple/model-2+").rows] == [
        "maple/model-2",
        "maple/model-9",
    ]
    assert len(list_licences(family.database, drifts=["stricter", "looser"]).rows) == 2
    assert len(list_licences(family.database, limit=3).rows) == 3


def test_a_licence_is_in_one_class() -> None:
    """The classes do not overlap, their ids are lower case, and what nobody sorted is unknown."""
    ids = [name for group in licence_classes() for name in group.ids]
    assert len(ids) == len(set(ids))
    assert all(name == name.lower() for name in ids)
    assert [group.rank for group in licence_classes()] == [0, 1, 2, 3, 4]
    sorted_as = {
        "MIT": "permissive",
        "gpl-3.0": "copyleft",
        "openrail++": "restricted-use",
        "cc-by-nc-4.0": "non-commercial",
    }
    assert {name: class_of(name) for name in sorted_as} == sorted_as
    assert [class_of(name) for name in (None, "", "other", "cc", "my-own")] == ["unknown"] * 5
