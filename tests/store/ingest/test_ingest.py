"""Pages in, rows out: what was given is kept, what cannot be read is told, and nothing costs its neighbour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.crawl_records import UnreadablePage
from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from store.database import Database
    from tests.store.conftest import Desk

SLOW = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TEXT = st.text(max_size=20) | st.sampled_from(
    [
        "'; drop table hub.models; --",
        "a\x00b",
        "\u202egnp",
        "first\nsecond",
        '"',
        "\\",
        "{}",
        "[1",
        "null",
        "true",
        "",
        "1e5",
    ]
)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "downloads", "downloadsAllTime"),
    *(
        "evalResults",
        "gated",
        "gguf",
        "lastModified",
        "library_name",
        "likes",
        "model-index",
        "pipeline_tag",
        "private",
    ),
    *("safetensors", "sha", "tags", "somethingNew"),
)
CARD = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("base_model", "base_model_relation", "language", "license", "model-index", "datasets"), VALUE
    ),
)
RECORD = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FIELDS, VALUE),
        "cardData": CARD | VALUE,
        "baseModels": st.fixed_dictionaries({"relation": VALUE, "models": VALUE | st.lists(VALUE, max_size=2)}) | VALUE,
        "config": st.fixed_dictionaries({"peft": VALUE | st.fixed_dictionaries({"base_model_name_or_path": VALUE})})
        | VALUE,
        "tags": st.lists(TEXT | TEXT.map("base_model:{}".format) | VALUE, max_size=4) | VALUE,
    },
)


def same(one: object, other: object) -> bool:
    """Return whether two JSON values are the same; a number is its digits' nearest double."""
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return float(one) == float(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


@SLOW
@given(fields=st.lists(RECORD, min_size=1, max_size=3), start=st.integers(1, 10**9))
def test_what_was_given_is_kept(desk: Desk, fields: list[dict[str, object]], start: int) -> None:
    """Whatever stands in any field, the record comes back as it was given, its neighbours too, and all derives."""
    records = [desk.record(start + number) | one for number, one in enumerate(fields)]
    stored = desk.take(records)
    assert stored.records == stored.repositories == len(records)
    ids = ", ".join(f"'{desk.hub_id(start + number)}'" for number in range(len(records)))
    bodies = desk.rows(f"select record from records where hub_id in ({ids}) order by hub_id")  # noqa: S608 -- digits
    assert all(same(json.loads(str(body)), record) for (body,), record in zip(bodies, records, strict=True))


@settings(SLOW, max_examples=25)
@given(fields=RECORD, start=st.integers(1, 10**9))
def test_whatever_was_kept_derives(desk: Desk, fields: dict[str, object], start: int) -> None:
    """No record, however odd, keeps the graph from being resolved or a view from being read."""
    desk.take([desk.record(start) | fields])
    desk.derive(day=start % 1000)
    for (view,) in desk.rows("select schema_name || '.' || view_name from duckdb_views() where not internal"):
        desk.rows(f"from {view}")


PLAIN: dict[str, tuple[str, list[object], list[object]]] = {
    "author": ("author", ["maple", "x'y"], [5, ["a"], {"a": 1}]),
    "downloads": ("downloads", [0, 7], ["7", 2**70, [1], 1.5]),
    "likes": ("likes", [0, 7], ["many", {}, 2**64]),
    "library_name": ("library", ["peft"], [["peft"], 7]),
    "pipeline_tag": ("pipeline_tag", ["text-generation"], [{"a": 1}, False]),
    "sha": ("revision", ["0123456789abcdef"], [5, ["x"], {}]),
    "createdAt": ("created_at", [], ["yesterday", 5, []]),
    "lastModified": ("last_modified_at", [], ["yesterday", 5, []]),
    "tags": ("tags", [["a", "b"], []], ["a", 5, {"a": 1}]),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (_, good, _) in PLAIN.items() for value in good])
def test_a_sound_field_is_its_column(desk: Desk, key: str, value: object) -> None:
    """A field of its type is read into its column, and no problem is made up."""
    desk.take([desk.record(1, **{key: value})])
    assert desk.rows(f"select {PLAIN[key][0]} from models") == [(value,)]  # noqa: S608 -- a column of ours
    assert desk.rows("from problems") == []


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (_, _, bad) in PLAIN.items() for value in bad])
def test_a_field_of_another_type_is_told(desk: Desk, key: str, value: object) -> None:
    """A field of another type is a row of problems with the field and the value, and its neighbour is untouched."""
    desk.take([desk.record(1, **{key: value}), desk.record(2, likes=3)])
    assert desk.rows("select model, field from problems") == [("maple/model-1", f"record.{key}")]
    (written,) = desk.rows("select value from problems")[0]
    assert same(json.loads(str(written)), value)
    assert desk.rows("select likes from models where id = 'maple/model-2'") == [(3,)]


@pytest.mark.parametrize("text", ["2024-05-01T10:00:00.000Z", "2024-05-01T12:00:00+02:00"])
def test_times_are_utc(desk: Desk, text: str) -> None:
    """Times of any zone are one instant."""
    desk.take([desk.record(1, createdAt=text, lastModified=text)])
    assert desk.rows("select epoch(created_at), epoch(last_modified_at) from models") == [(1714557600.0, 1714557600.0)]


def test_a_model_without_a_date_has_that_of_its_id(desk: Desk) -> None:
    """The first eight digits of an `_id` are the second of creation."""
    desk.take([desk.record(1)])
    assert desk.rows("select epoch(created_at) from models") == [(0x65000001 + 0.0,)]


@pytest.mark.parametrize(
    "element", [1, "text", None, [], {}, {"_id": "0" * 24}, {"id": 5}, {"id": ""}, {"id": None}, [{}]]
)
def test_what_is_no_record_is_told_and_costs_nothing(desk: Desk, element: object) -> None:
    """An element without an id is a problem with its text; the records around it are stored."""
    stored = desk.take([desk.record(1), element, desk.record(2)])
    assert (stored.elements, stored.records) == (3, 2)
    assert desk.rows("select id from models order by id") == [("maple/model-1",), ("maple/model-2",)]
    ((field, value),) = desk.rows("select field, value from problems")
    assert field == "record"
    assert json.loads(str(value)) == element


@pytest.mark.parametrize("number", [None, 5, "", ["x"], "a\ufffdb", "6" * 23, "A" * 24, "z" * 24, "6" * 24 + "\n"])
def test_a_record_without_a_number_is_filed_under_its_name(desk: Desk, number: object) -> None:
    """A record whose `_id` is missing or none of the Hub's is kept, and the problem says under what."""
    desk.take([desk.record(1) | {"_id": number}])
    assert desk.rows("select hub_id, id from models") == [("id:maple/model-1", "maple/model-1")]
    assert desk.rows("select field from problems") == [("record._id",)]


@pytest.mark.parametrize(
    "name",
    [
        "a/b'; drop table hub.models; --",
        'a/"quoted"',
        "a/first\nsecond",
        "a/\u202egnp.exe",
        "a/nul\x00here",
        "a/\U0001f468\u200d\U0001f469",
        "a/" + "x" * 5000,
        "../../etc/passwd",
        "a/back\\slash",
    ],
)
def test_a_hostile_name_is_a_name(desk: Desk, name: str) -> None:
    """An id of any characters is stored as it is, found by it, and harms nothing."""
    desk.take([desk.record(1, id=name), desk.record(2)])
    desk.derive()
    assert desk.database.query("select count(*) from models where id = ?", [name]).rows == ((1,),)
    assert desk.database.value("models/find_exact", name=name, is_derived=False) == name
    assert desk.database.value("models/count_models") == 2


def test_the_last_of_doubles_in_a_page_is_kept(desk: Desk) -> None:
    """A repository that a page brings twice is stored once, as it came last."""
    stored = desk.take([desk.record(1, likes=1), desk.record(2), desk.record(1, likes=2)])
    assert (stored.records, stored.repositories) == (3, 2)
    assert desk.rows("select likes from models where id = 'maple/model-1'") == [(2,)]


def test_a_page_taken_twice_is_taken_once(desk: Desk) -> None:
    """Taking the same page again changes nothing but when it was last seen."""
    page = [desk.record(1, tags=5, cardData={"a": 1}), desk.record(2, downloads="x"), desk.record(3) | {"_id": 7}]
    desk.take(page)
    before = {name: desk.rows(f"from {name} order by all") for name in ("problems", "aliases", "history", "records")}
    assert desk.take(page, day=1).known == 3
    assert {name: desk.rows(f"from {name} order by all") for name in before} == before
    assert desk.rows("select distinct epoch(last_seen_at - first_seen_at) from models") == [(86400.0,)]


@pytest.mark.parametrize(
    "body",
    [
        rb'[{"_id":"1","id":"a/b","x":"\ud83d"},{"_id":"2","id":"c/d"}]',
        b'[{"_id":"1","id":"a/b","x":"raw\nline"},{"_id":"2","id":"c/d"}]',
        b'[{"_id":"1","id":"a/b","x":"wrong \xff"},{"_id":"2","id":"c/d"}]',
        b'[{"_id":"1","id":"a/b","x":tru},{"_id":"0","id":"a/b"},{"_id":"2","id":"c/d"}]',
        b'[{"_id":"1","id":"a/b"},{"_id":"2","id":"c/d"},{"_id":"3","id":"e/f","ta',
        b'[{"_id":"1","id":"a/b","x":"\\ud800","n":' + b"[" * 900 + b"]" * 900 + b'},{"_id":"2","id":"c/d"}]',
    ],
)
def test_a_broken_record_costs_no_other(desk: Desk, body: bytes) -> None:
    """A page that the database refuses is stored record by record, and the fault is findable."""
    desk.take(body)
    assert desk.rows("select id from models order by id") == [("a/b",), ("c/d",)]
    assert desk.rows("select count(*) > 0 from problems where starts_with(field, 'record')") == [(True,)]
    desk.derive()


@pytest.mark.parametrize(
    "value",
    [b"[" * 900 + b"]" * 900, b'"' + b"long " * 4_000_000 + b'"', rb'"nul \u0000 in text"', b"9" * 400],
    ids=["deep", "20 MB", "nul", "digits"],
)
def test_a_large_or_odd_record_is_kept_whole(desk: Desk, value: bytes) -> None:
    """Depth, length, NUL and many digits need no mending."""
    body = b'[{"_id":"%024d","id":"a/b","x":%s},{"_id":"%024d","id":"c/d"}]' % (1, value, 2)
    desk.take(body)
    ((text,),) = desk.rows("select cast(record as varchar) from records where model = 'a/b'")
    assert str(text).encode() in body
    assert desk.rows("from problems") == []


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"error":"gone"}', b"[", b"nonsense"])
def test_an_answer_that_is_no_page_changes_nothing(desk: Desk, body: bytes) -> None:
    """What is no list of records is refused whole, with its checkpoint."""
    with pytest.raises(UnreadablePage):
        desk.take(body)
    assert desk.rows("select pages from hub.walks") == [(0,)]
    assert desk.rows("select requests from crawls") == [(0,)]


def test_an_empty_page_is_taken_without_being_read(desk: Desk) -> None:
    """It moves its walk and counts for nothing, as one that DuckDB reads and finds empty."""
    taken = [desk.take([desk.record(1)]), desk.take(b"[]"), desk.take(b"[ ]")]
    assert taken[1] == taken[2]
    assert (taken[0].records, taken[1].records) == (1, 0)
    assert desk.rows("select pages, records from hub.walks") == [(3, 1)]
    assert desk.rows("select count(*) from models") == [(1,)]


def test_the_first_error_of_a_crawl_is_the_one_that_is_told(database: Database) -> None:
    """A database that is gone can be tidied no more; what ended the work is said, and the spool file goes."""
    ingest = Ingest(database)
    database.close()
    with pytest.raises(ValueError, match="the first"), ingest:
        raise ValueError("the first")
    assert not Path(ingest._folder.name).exists()


def test_only_values_that_are_no_json_are_repaired(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose names and tags hold NaN is read by DuckDB alone; the number NaN is read as null and told."""
    desk.take([desk.record(1, likes=float("nan"), tags=["NaN", "Infinity"])])
    assert desk.rows("select likes, tags from models") == [(None, ["NaN", "Infinity"])]
    assert desk.rows("select count(*) from problems where problem like 'not a finite number%'") == [(1,)]
    monkeypatch.setattr("store.ingest.ingest.mend_page", lambda _body: pytest.fail("it was read in Python"))
    desk.take([desk.record(2, id="maple/NaNo-Infinity", tags=["NaN", "-Infinity"])])
    assert desk.rows("select count(*) from models") == [(2,)]
