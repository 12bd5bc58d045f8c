"""Every JSON value in every list of a record: nothing fails, no other model suffers, `problems` shows the value."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import pytest

from lineage.crawl_records import PageFacts
from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.ingest.ingest import Ingest
from store.refresh import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database
    from tests.fuzzing import bad_json, bad_records
else:
    bad_json, bad_records = import_module("bad_json"), import_module("bad_records")

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
VALUES: Final[dict[str, Any]] = {
    "null": None,
    "true": True,
    "0": 0,
    "1.5": 1.5,
    "-1": -1,
    "empty": "",
    "x": "x",
    "list": [],
    "object": {},
    "nested list": [[None, ["x"]]],
    "nested object": {"id": {"id": None}},
    "deep": [[[[[[[[[["x"]]]]]]]]]],
    "huge integer": bad_json.Raw("1" + "0" * 400),
    "huge number": bad_json.Raw("-1e400"),
    "not finite": bad_json.Raw("NaN"),
    "lone surrogate": bad_json.Raw(r'"\ud800"'),
    "NUL": bad_json.Raw(r'"a\u0000b"'),
    "bare prefix": "base_model:",
    "long": "x" * 5_000,
}
TEXTS: Final = frozenset({"empty", "x", "lone surrogate", "NUL", "bare prefix", "long"})
IDS: Final = frozenset({"x", "bare prefix"})
OBJECTS: Final = frozenset({"object", "nested object"})
NOTHING: Final[frozenset[str]] = frozenset()
NULL: Final = frozenset({"null"})
LIST: Final = frozenset({"null", "list"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a record, with the names of the values that fit as an entry of a list there, and as the whole."""

    path: tuple[str | int, ...]
    entry: frozenset[str]
    whole: frozenset[str]


LISTS: Final = {
    ".".join(map(str, place.path)): place
    for place in (
        Place(path=("tags",), entry=TEXTS, whole=LIST),
        Place(path=("cardData", "language"), entry=TEXTS, whole=LIST | TEXTS),
        Place(path=("cardData", "license"), entry=TEXTS, whole=LIST | TEXTS),
        Place(path=("cardData", "datasets"), entry=TEXTS, whole=LIST | TEXTS),
        Place(path=("cardData", "base_model"), entry=IDS, whole=LIST | IDS),
        Place(path=("cardData", "base_model_relation"), entry=NOTHING, whole=NULL | TEXTS),
        Place(path=("cardData", "new_version"), entry=NOTHING, whole=NULL | TEXTS),
        Place(path=("cardData", "model-index"), entry=OBJECTS, whole=LIST),
        Place(path=("model-index",), entry=OBJECTS, whole=LIST),
        Place(path=("evalResults",), entry=OBJECTS, whole=LIST),
        Place(path=("baseModels",), entry=NOTHING, whole=NULL | OBJECTS),
        Place(path=("baseModels", "models"), entry=NOTHING, whole=LIST),
        Place(path=("siblings",), entry=NOTHING, whole=LIST),
        Place(path=("config", "architectures"), entry=TEXTS, whole=LIST),
        Place(path=("config", "peft", "base_model_name_or_path"), entry=NOTHING, whole=NULL | TEXTS),
        Place(path=("pipeline_tag",), entry=NOTHING, whole=NULL | TEXTS),
        Place(path=("library_name",), entry=NOTHING, whole=NULL | TEXTS),
        Place(path=("safetensors",), entry=NOTHING, whole=NULL),
        Place(path=("gguf",), entry=NOTHING, whole=NULL | OBJECTS),
    )
}
UNREAD: Final = {
    ".".join(map(str, path)): Place(path=path, entry=NOTHING, whole=NOTHING)
    for path in (
        ("cardData", "model-index", 0, "results"),
        ("cardData", "model-index", 0, "results", 0, "metrics"),
        ("cardData", "tags"),
        ("childrenModelCount",),
        ("spaces",),
    )
}
"""Places that no derived table is read from: nothing is said of them, and nothing may fail."""
FORMS: Final = ("alone", "among", "bare")
SOUND: Final = 40
PROBLEMS: Final = (
    "select coalesce(value, '') from problems where model = ? and (field = 'lineage.parent' or starts_with(field, ?))"
)


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Derive a database from one record for each list, value and form, with sound records between them."""
    database = open_database(tmp_path_factory.mktemp("lists") / "lists.duckdb")
    records = list(_records())
    with Ingest(database) as ingest:
        for page in range(SOUND):
            chosen = [bad_records.sound_record(page, "sound"), *records[page::SOUND]]
            body = f"[{','.join(bad_json.write(record) for record in chosen)}]"
            ingest.take(body.encode(), PageFacts(crawl=1, seen_at=NOW, detail=20), lambda _: None)
    derive(database, default_lexicon(), NOW)
    yield database
    database.close()


def _records() -> Iterator[dict[str, Any]]:
    """Yield a record with each value alone in each list, among sound entries, and in place of the list."""
    number = SOUND
    for field, place in (LISTS | UNREAD).items():
        for name, value in VALUES.items():
            for form, written in (("alone", [value]), ("among", ["en", value, "de"]), ("bare", value)):
                number += 1
                record = bad_records.sound_record(number, "bad")
                record["id"] = _id(field, name, form)
                holder: Any = record
                for key in place.path[:-1]:
                    holder = holder[key]
                holder[place.path[-1]] = copy.deepcopy(written)
                yield record


def _id(field: str, value: str, form: str) -> str:
    return f"maple/{field}-{value}-{form}".replace(" ", "_")


def test_every_record_is_stored_and_every_view_can_be_read(derived: Database) -> None:
    """No list and no value costs a model, and no view fails on what was derived."""
    expected = {_id(field, value, form) for field in LISTS | UNREAD for value in VALUES for form in FORMS}
    found = {name for (name,) in derived.query("select id from models where hub_id is not null").rows}
    assert {str(name) for name in found if "/sound-" not in str(name)} == expected
    for (view,) in derived.query("select view_name from duckdb_views() where not internal").rows:
        derived.query(f"from {view}")


def test_the_other_models_are_unharmed(derived: Database) -> None:
    """Of each sound record between them the tags, the edge, the data set and the domain are there."""
    rows = derived.query(
        "select count(*), count(distinct models.tags), min(len(tags)), min(domains.domain), min(edges.parent), "
        "min(trained_on.dataset) from models inner join domains on domains.model = id "
        "inner join edges on edges.child = id inner join trained_on on trained_on.model = id "
        "where id like 'maple/sound-%'"
    ).rows
    assert rows == ((SOUND, 1, 4, "medical", "maple/base", "maple/notes"),)


def test_lists_of_models_hold_texts_alone(derived: Database) -> None:
    """What is no text never reaches the lists that everything else reads."""
    columns = ("tags", "languages", "datasets")
    for column in columns:
        assert derived.query(f"select id from models where list_contains({column}, null)").rows == ()  # noqa: S608 -- our own names
        odd = f"select id from (select id, unnest({column}) as entry from models) where entry is null"  # noqa: S608
        assert derived.query(odd).rows == ()
    kept = derived.query("select tags from models where id = ?", [_id("tags", "null", "among")]).rows
    assert kept == ((["en", "de"],),)


@pytest.mark.parametrize("field", LISTS)
def test_problems_name_the_field_and_the_value(derived: Database, field: str) -> None:
    """For every value that does not fit there is a problem of its field, and it shows the value."""
    place = LISTS[field]
    for name, value in VALUES.items():
        for form in FORMS:
            if name in (place.whole if form == "bare" else place.entry):
                continue
            told = derived.query(PROBLEMS, [_id(field, name, form), f"record.{field}"]).rows
            assert told, (field, name, form)
            if isinstance(value, float | int | None) and field != "cardData.base_model":
                assert any(json.dumps(value) in str(text) for (text,) in told), (field, name, form, told)
