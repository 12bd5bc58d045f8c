"""Record files: read, served in order, and equal in every answer to the same records held as repositories."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hub import json_scan as flatjson
from sandbox.hub.filters import Criteria
from sandbox.hub.record_file import RecordFile, RecordFileError
from sandbox.hub.repo import Repo
from sandbox.hub.repo_store import MovedTo, RepoStore
from sandbox.hub.run import serve
from sandbox.hub.sorting import SORTS, SortOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    Walk = Callable[[httpx.Client, str], list[list[str]]]

DATA = Path(__file__).parents[4] / "shared" / "data"
SNAPSHOT = DATA / "hub-2024-07-11" / "models_list_2024-07-11.jsonl.xz"

TAGS = st.sampled_from(
    [
        "en",
        "medical",
        "base_model:acme/a",
        "base_model:merge:acme/a",
        "base_model:odd:acme/a",
        ":x",
        "a,",
        "]",
        "{",
        '"',
        "é",
    ]
)
OPTIONAL: dict[str, st.SearchStrategy[object]] = {
    "likes": st.integers(0, 3) | st.none(),
    "downloads": st.integers(0, 3),
    "trendingScore": st.sampled_from([0.5, 1, 2.25, "high", True]),
    "lastModified": st.sampled_from(["2024-01-01T00:00:00.000Z", "2024-02-01T00:00:00.000Z", 5, "yesterday"]),
    "tags": st.lists(TAGS, max_size=4) | st.just(5),
    "pipeline_tag": st.sampled_from(["fill-mask", "text-generation"]),
    "library_name": st.sampled_from(["peft", "medical"]),
    "gated": st.sampled_from([False, "auto", True]),
    "private": st.just(value=False),
    "modelId": st.text(max_size=4),
    "cardData": st.fixed_dictionaries({"language": st.sampled_from(["en", ["en", "pt"], None, False])}),
    "odd key": st.text(max_size=3),
}


@st.composite
def catalogues(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw records with distinct ids, some plain and some not, in any order."""
    numbers = draw(st.lists(st.integers(0, 60), unique=True, max_size=14))
    found = []
    for number in numbers:
        name = draw(st.sampled_from(["acme", "Zenith", ""])) + f"/model-{number}"
        head = {"_id": f"{number:024x}", "id": name.removeprefix("/")}
        found.append(head | draw(st.fixed_dictionaries({}, optional=OPTIONAL)))
    return found


def line_of(record: dict[str, object], *, is_spaced: bool = False) -> bytes:
    """Write a record as the Hub does, or with blanks."""
    return json.dumps(record, ensure_ascii=False, separators=(", ", " : ") if is_spaced else (",", ":")).encode()


ORDERS = [*(SortOrder(sort=sort) for sort in SORTS), SortOrder(sort="createdAt", is_ascending=True)]
CRITERIA = st.builds(
    Criteria,
    search=st.sampled_from([None, None, "MODEL-1", "zen", ""]),
    author=st.sampled_from([None, None, "acme", "nobody"]),
    filters=st.lists(st.sampled_from(["en", "medical", "base_model:acme/a", "peft", "pt", "é"]), max_size=2).map(tuple),
    pipeline_tags=st.sampled_from([(), ("fill-mask",), ("fill-mask", "text-generation")]),
    is_gated=st.sampled_from([None, True, False]),
    order=st.sampled_from(ORDERS),
)


def walked(repo_store: RepoStore, criteria: Criteria, limit: int) -> list[str]:
    """Give the ids of a whole walk."""
    seen, mark = [], None
    while True:
        items, mark = repo_store.page(criteria, mark=mark, limit=limit)
        seen += [json.loads(item)["id"] if isinstance(item, bytes) else item.id for item in items]
        if mark is None:
            return seen


@settings(max_examples=200, deadline=None)
@given(catalogues(), CRITERIA, st.integers(1, 5), st.booleans(), st.integers(0, 14))
def test_a_file_answers_as_repositories_do(
    records: list[dict[str, object]],
    criteria: Criteria,
    limit: int,
    is_spaced: bool,  # noqa: FBT001 -- drawn
    split: int,
) -> None:
    """Any listing over a record file, or over a file and repositories mixed, equals the one over repositories alone."""
    lines = [line_of(record, is_spaced=is_spaced) for record in records]
    twin = RepoStore(Repo(record=record) for record in records)
    expected = walked(twin, criteria, 100)
    assert walked(RepoStore(records=RecordFile(lines)), criteria, limit) == expected
    mixed = RepoStore((Repo(record=record) for record in records[split:]), records=RecordFile(lines[:split]))
    assert walked(mixed, criteria, limit) == expected
    assert mixed.count(criteria) == twin.count(criteria) == len(expected)
    assert mixed.vocabulary().labels == twin.vocabulary().labels


@pytest.mark.parametrize("order", ORDERS, ids=repr)
@settings(max_examples=40, deadline=None)
@given(catalogues(), st.integers(1, 4), st.integers(0, 14))
def test_every_order_pages_a_file_as_repositories(
    order: SortOrder, records: list[dict[str, object]], limit: int, split: int
) -> None:
    """In each order small pages over a file, or a file and repositories mixed, join to the walk over repositories."""
    lines, criteria = [line_of(record) for record in records], Criteria(order=order)
    expected = walked(RepoStore(Repo(record=record) for record in records), criteria, 100)
    assert len(expected) == len(records)
    assert walked(RepoStore(records=RecordFile(lines)), criteria, limit) == expected
    mixed = RepoStore((Repo(record=record) for record in records[split:]), records=RecordFile(lines[:split]))
    assert walked(mixed, criteria, limit) == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["id", "tags", "model-index", "likes", "x", "a,", "odd key", "é", ""]) | st.text(max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=5), max_size=4), st.sets(KEYS, max_size=4), st.booleans())
def test_picking_keys_equals_parsing(
    records: list[dict[str, object]],
    keys: set[str],
    is_spaced: bool,  # noqa: FBT001 -- drawn
) -> None:
    """Keys picked out of bytes are those that a parser would find, whatever the lines hold or how they are spaced."""
    whole = [
        {"_id": f"{at:024x}"} | {key: value for key, value in record.items() if key != "_id"}
        for at, record in enumerate(records)
    ]
    lines = [line_of(record, is_spaced=is_spaced) for record in whole]
    expected = [{key: value for key, value in record.items() if key in keys | {"_id"}} for record in whole]
    assert json.loads(flatjson.pick(lines, keys)) == expected
    for line, record in zip(lines, whole, strict=True):
        for key in keys:
            assert flatjson.member(line, key) == record.get(key)


STRINGS = st.text(st.sampled_from(':,"[]{}a\\ '), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(STRINGS, max_size=6), STRINGS, st.sets(st.sampled_from(["tags", "a", "b"])))
def test_punctuation_in_strings_fools_nobody(tags: list[str], text: str, keys: set[str]) -> None:
    """Strings that look like the end of a string and the start of a key stay strings."""
    record: dict[str, object] = {"_id": "0" * 24, "a": text, "tags": tags, "b": text}
    picked = json.loads(flatjson.pick([line_of(record)] * 2, keys))
    assert picked == [{key: value for key, value in record.items() if key in keys | {"_id"}}] * 2
    assert flatjson.member(line_of(record), "b") == text


RECORDS = [
    {
        "_id": f"{number:024x}",
        "id": f"acme/m{number}",
        "likes": number % 4,
        "tags": ["en"],
        "modelId": f"acme/m{number}",
    }
    for number in range(25)
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a record file of 25 records, oldest first, with an empty line."""
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join([*(line_of(record) for record in RECORDS), b"", b""]))
    return path


@pytest.mark.parametrize("packing", ["", ".gz", ".xz"])
def test_files_are_read_plain_and_packed(file: Path, packing: str) -> None:
    """JSON lines come plain, as .gz and as .xz."""
    path = file.with_name(file.name + packing)
    content = file.read_bytes()
    packed = {"": content, ".gz": gzip.compress(content), ".xz": lzma.compress(content)}
    path.write_bytes(packed[packing])
    assert len(RecordFile.read(path)) == 25


@pytest.mark.parametrize("bad", [b"{", b"[]", b"5", b'{"_id":5,"id":"x"}', b'{"id":"x"}', b'{"_id":"x"}', b"\xff"])
def test_a_bad_line_is_named_by_number(bad: bytes) -> None:
    """A line that is no record stops the reading with its number."""
    with pytest.raises(RecordFileError, match="line 3 ") as caught:
        RecordFile([line_of(RECORDS[0]), b"\n", bad])
    assert caught.value.line_number == 3


def test_the_later_of_two_equal_ids_counts() -> None:
    """An `_id` said twice is held once, as last said."""
    held = RecordFile([line_of(RECORDS[1]), line_of(RECORDS[1] | {"likes": 99}), line_of(RECORDS[0])])
    assert len(held) == 2
    assert json.loads(held.line(0))["likes"] == 99


def test_many_different_questions_are_answered_alike_again() -> None:
    """Selections are kept for a few questions only; one that was put aside is worked out again."""
    repo_store = RepoStore(records=RecordFile(line_of(record) for record in RECORDS))
    counts = [repo_store.count(Criteria(search=f"m{number}")) for number in range(25)]
    assert counts == [repo_store.count(Criteria(search=f"m{number}")) for number in range(25)]
    assert counts[1] == 11


def test_an_empty_file_is_an_empty_hub() -> None:
    """No records, no pages, no errors."""
    repo_store = RepoStore(records=RecordFile([]))
    assert repo_store.page(Criteria()).items == []
    assert repo_store.count(Criteria(filters=("en",), search="x", order=SortOrder(sort="likes"))) == 0
    assert repo_store.find("x") is None


def test_a_file_is_served_over_the_wire(file: Path, walk: Walk) -> None:
    """Listing, expand, single records, redirects by case and the total work without any repository."""
    with (
        serve(RepoStore(records=RecordFile.read(file))) as hub,
        httpx.Client(base_url=hub.url, follow_redirects=True) as client,
    ):
        pages = walk(client, "/api/models?sort=createdAt&limit=10&expand=likes&expand=sha")
        assert [name for page in pages for name in page] == [str(record["id"]) for record in RECORDS[::-1]]
        assert client.get("/api/models?sort=createdAt&limit=1&expand=likes").json() == [
            {"_id": RECORDS[24]["_id"], "id": "acme/m24", "likes": 0}
        ]
        assert set(client.get("/api/models?limit=1").json()[0]) == {"_id", "id", "likes", "tags", "modelId"}
        assert client.get("/api/models/ACME/m3").json()["id"] == "acme/m3"
        assert client.get("/api/models/acme/m99").status_code == 401
        assert client.get("/acme/m3/resolve/main/README.md").headers["X-Error-Code"] == "EntryNotFound"
        assert client.get("/models-json").json()["numTotalItems"] == 25


def test_a_file_can_change_while_served(file: Path) -> None:
    """Changes, renames, deletions and additions lie over the file, which stays as it was."""
    records = RecordFile.read(file)
    repo_store = RepoStore(records=records)
    repo_store.change("acme/m3", likes=1000)
    repo_store.rename("acme/m4", "acme/four")
    repo_store.delete("acme/m5")
    repo_store.hide("acme/m6")
    repo_store.add(Repo(record={"_id": "f" * 24, "id": "acme/new", "likes": 2000}))
    assert len(repo_store) == 25
    seen = walked(repo_store, Criteria(order=SortOrder(sort="likes")), 3)
    assert seen[:2] == ["acme/new", "acme/m3"]
    assert len(seen) == len(set(seen)) == 24
    assert not {"acme/m4", "acme/m5", "acme/m6"} & set(seen)
    assert repo_store.find("acme/m4") == MovedTo(id="acme/four")
    assert repo_store.find("acme/m5") is None
    assert len(records) == 25


@pytest.mark.skipif(not SNAPSHOT.exists(), reason=f"the real snapshot is not at {SNAPSHOT}")
def test_the_real_snapshot_is_served_whole() -> None:
    """All 760,000 real records are held, each once, in order, and a page of them equals its parsed lines."""
    records = RecordFile.read(SNAPSHOT)
    assert len(records) == 760_000
    repo_store = RepoStore(records=records)
    first = repo_store.page(Criteria(order=SortOrder(sort="createdAt")))
    assert first.following is not None
    lines = [item for item in first.items if isinstance(item, bytes)]
    ids = [json.loads(line)["_id"] for line in lines]
    assert len(ids) == 1000
    assert ids == sorted(ids, reverse=True)
    assert first.following.hub_id == ids[-1]
    keys = {"id", "tags", "likes", "pipeline_tag"}
    expected = [{key: value for key, value in json.loads(line).items() if key in keys | {"_id"}} for line in lines]
    assert json.loads(flatjson.pick(lines, keys)) == expected
