"""Parents that are only copies, re-uploads under other names, newer versions, and parents written in odd ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.queries.models import show_model

if TYPE_CHECKING:
    from tests.store.conftest import Desk

BASE = "base_model:{}:{}"


def made(day: int) -> str:
    """Return a time of creation as the Hub writes it."""
    return f"2026-01-{day:02}T00:00:00.000Z"


def told(desk: Desk, model: str, section: str) -> list[tuple[str, str]]:
    """Return names and values of a section of `show`."""
    return [(str(name), str(value)) for part, name, value in show_model(desk.database, model).rows if part == section]


def test_a_model_of_a_copy_names_the_original_too(desk: Desk) -> None:
    """The parent is the copy as declared; beside it stands what was meant, through copies of copies."""
    desk.take(
        [
            desk.record(1, id="maple/base-7b", createdAt=made(1)),
            desk.record(2, id="elm/base-AWQ", createdAt=made(2), tags=[BASE.format("quantized", "maple/base-7b")]),
            desk.record(3, id="oak/base-4bit", createdAt=made(3), tags=[BASE.format("quantized", "elm/base-AWQ")]),
            desk.record(4, id="pine/notes", createdAt=made(4), tags=[BASE.format("adapter", "oak/base-4bit")]),
            desk.record(5, id="pine/words", createdAt=made(4), tags=[BASE.format("adapter", "maple/base-7b")]),
        ]
    )
    desk.derive()
    assert desk.rows("select child, parent, original, original_inferred from edges order by child") == [
        ("elm/base-AWQ", "maple/base-7b", None, None),
        ("oak/base-4bit", "elm/base-AWQ", "maple/base-7b", False),
        ("pine/notes", "oak/base-4bit", "maple/base-7b", False),
        ("pine/words", "maple/base-7b", None, None),
    ]
    ((_, said),) = told(desk, "pine/notes", "parents")
    assert said.endswith("itself only a copy of maple/base-7b")


def test_what_is_inferred_of_a_copy_is_marked(desk: Desk) -> None:
    """Where only its name tells what the parent is a copy of, `show` and the view say so."""
    desk.take(
        [
            desk.record(1, id="maple/ward-notes-7b", createdAt=made(1)),
            desk.record(2, id="elm/ward-notes-7b-GGUF", createdAt=made(2)),
            desk.record(3, id="pine/notes", createdAt=made(3), tags=[BASE.format("adapter", "elm/ward-notes-7b-GGUF")]),
        ]
    )
    desk.derive()
    assert desk.rows("select original, original_inferred from edges where child = 'pine/notes'") == [
        ("maple/ward-notes-7b", True)
    ]
    ((_, said),) = told(desk, "pine/notes", "parents")
    assert said.endswith("itself only a copy of maple/ward-notes-7b (inferred)")


def test_copies_in_a_circle_end(desk: Desk) -> None:
    """Copies that name each other have no original, or one within the circle, and nothing runs on."""
    desk.take(
        [
            desk.record(1, id="elm/a-AWQ", tags=[BASE.format("quantized", "elm/b-AWQ")]),
            desk.record(2, id="elm/b-AWQ", tags=[BASE.format("quantized", "elm/a-AWQ")]),
            desk.record(3, id="elm/c", tags=[BASE.format("finetune", "elm/a-AWQ")]),
        ]
    )
    desk.derive()
    assert desk.rows("select child, original from edges order by child") == [
        ("elm/a-AWQ", None),
        ("elm/b-AWQ", None),
        ("elm/c", "elm/b-AWQ"),
    ]


def test_a_famous_name_under_another_author_is_a_possible_parent(desk: Desk) -> None:
    """A re-upload that declares nothing is told as such, also where the maker's name was left out; it makes no edge."""
    uses = [
        desk.record(number, id=f"pine/use-{number}", tags=[BASE.format("finetune", "maple-lab/Maple-Grove-8B")])
        for number in range(10, 21)
    ]
    desk.take(
        [
            desk.record(1, id="maple-lab/Maple-Grove-8B", createdAt=made(1)),
            desk.record(2, id="elm/maple-grove-8b", createdAt=made(2), tags=["unsloth"]),
            desk.record(3, id="elm/grove-8b", createdAt=made(2)),
            desk.record(4, id="elm/grove-8b-instruct", createdAt=made(2)),
            desk.record(5, id="oak/Maple-Grove-8B", createdAt=made(3), tags=["trl"]),
            desk.record(6, id="oak/grove-8b", tags=[BASE.format("finetune", "elm/grove-8b")]),
            *uses,
        ]
    )
    desk.derive()
    rule = "from evidence where rule = 're-upload' order by child"
    found = desk.rows(f"select child, parent, rule, inferred, is_edge {rule}")
    assert found == [
        (child, "maple-lab/Maple-Grove-8B", "re-upload", True, False)
        for child in ("elm/grove-8b", "elm/maple-grove-8b")
    ]
    ((parent, said),) = told(desk, "elm/maple-grove-8b", "possible parents")
    assert parent == "maple-lab/Maple-Grove-8B"
    assert said.startswith("inferred, makes no edge: rule re-upload")


@pytest.mark.parametrize(
    ("name", "weights", "of_the_copy", "found"),
    [
        ("grove-8b", 8_030_261_248, 8_030_261_248, (0.95, True)),
        ("grove-8b", 8_030_261_248, 7_000_000_000, None),
        ("grove-small", 124_439_808, 124_439_808, (0.59, False)),
        ("base", 8_030_261_248, 8_030_261_248, None),
        ("8b-chat", 8_030_261_248, 8_030_261_248, None),
    ],
)
def test_a_famous_name_makes_an_edge_only_where_nobody_trains_it_twice(
    desk: Desk, name: str, weights: int, of_the_copy: int, found: tuple[float, bool] | None
) -> None:
    """A telling name and the same billions of weights make an edge; small models of one name are trained by many."""
    famous = f"maple-lab/{name}"
    desk.take(
        [
            desk.record(1, id=famous, createdAt=made(1), safetensors={"total": weights}),
            desk.record(2, id=f"elm/{name}", createdAt=made(2), safetensors={"total": of_the_copy}),
            *(
                desk.record(number, id=f"pine/use-{number}", tags=[BASE.format("finetune", famous)])
                for number in range(10, 21)
            ),
        ]
    )
    desk.derive()
    rows = desk.rows("select parent, round(confidence, 2), is_edge from evidence where starts_with(child, 'elm/')")
    assert rows == ([] if found is None else [(famous, *found)])


def test_the_newer_model_that_a_card_names_is_no_parent(desk: Desk) -> None:
    """`new_version` is followed through renames and said in both directions; what cannot be newer is marked."""
    desk.take(
        [
            desk.record(1, id="maple/v1", createdAt=made(1), cardData={"new_version": "maple/second"}),
            desk.record(2, id="maple/second", createdAt=made(2), cardData={"new_version": "maple/v1"}),
            desk.record(3, id="maple/v3", createdAt=made(3), cardData={"new_version": "maple/v9"}),
            desk.record(4, id="maple/v4", createdAt=made(3), cardData={"new_version": ["maple/v1"]}),
        ]
    )
    desk.take([desk.record(2, id="maple/v2", createdAt=made(2), cardData={"new_version": "maple/v1"})], day=1)
    desk.derive()
    assert desk.rows("select model, new_version, declared_as, resolution from new_versions order by model") == [
        ("maple/v1", "maple/v2", "maple/second", "found"),
        ("maple/v2", "maple/v1", "maple/v1", "older"),
        ("maple/v3", "maple/v9", "maple/v9", "missing"),
    ]
    assert desk.rows("from edges") == []
    assert told(desk, "maple/v1", "versions") == [("newer", "maple/v2"), ("older", "maple/v2 (older)")]


@pytest.mark.parametrize(
    ("written", "parents", "form"),
    [
        ("maple/one, maple/two", ["maple/one", "maple/two"], "several"),
        ("maple/one and maple/two", ["maple/one", "maple/two"], "several"),
        ("maple/one/checkpoint-500", ["maple/one"], "subpath"),
        ("https://huggingface.co/maple/one/tree/main", ["maple/one"], "url"),
        ("MAPLE/One", ["maple/one"], "id"),
    ],
)
def test_a_parent_written_in_an_odd_way_is_found(desk: Desk, written: str, parents: list[str], form: str) -> None:
    """Edges lead to the models that were meant; the text stays as it was written."""
    desk.take(
        [
            desk.record(1, id="maple/one", createdAt=made(1)),
            desk.record(2, id="maple/two", createdAt=made(1)),
            desk.record(3, id="elm/child", createdAt=made(2), cardData={"base_model": written}),
        ]
    )
    desk.derive()
    assert desk.rows("select parent, declared_as from edges order by parent") == [(one, written) for one in parents]
    assert {row[0] for row in desk.rows("select form from declarations")} == {form}
    assert [(parent, f'"{written}"' in said) for parent, said in told(desk, "elm/child", "parents")] == [
        (one, True) for one in parents
    ]


def test_a_path_of_somebodys_disk_suggests_the_one_model_of_that_name(desk: Desk) -> None:
    """Its last part is looked for: one older model of that name is a possible parent, of two neither is."""
    desk.take(
        [
            desk.record(1, id="maple/ward-notes", createdAt=made(1)),
            desk.record(2, id="elm/child", createdAt=made(3), cardData={"base_model": "/data/models/ward-notes"}),
        ]
    )
    desk.derive()
    assert desk.rows("select parent, rule, confidence, is_edge from evidence") == [
        ("maple/ward-notes", "local path", 0.5, False)
    ]
    assert told(desk, "elm/child", "declarations") == [
        ("card says", '"/data/models/ward-notes", names no model: local path')
    ]
    desk.take([desk.record(3, id="oak/ward-notes", createdAt=made(2))])
    desk.derive()
    assert desk.rows("from evidence") == []
