"""What is derived of changed models alone: the same as of all, with what was learned before."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import FetchedFile, FileHash, FoundModel, GoneModel, PageFacts, Spent
from lineage.domains.lexicon_file import default_lexicon
from store import refresh
from store.derive import touched
from store.ingest.corrections import EdgeCorrection, correct
from store.queries.models import read_status
from store.refresh import derive
from tests.store.derive.conftest import check_places_and_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from store.database import Database
    from tests.store.conftest import Desk

    Catalogue = Callable[[], Iterator[dict[str, object]]]

TABLES = {
    "nodes": "nid, id, hub_id, status, letters",
    **dict.fromkeys(
        ("shapes", "declarations", "resolutions", "evidence", "edges", "likely_parents", "trained_on"), "*"
    ),
    "contradicted_edges": "*",
    **dict.fromkeys(
        ("file_names", "copy_names", "domains", "problems", "links", "families", "other_roots", "reach"), "*"
    ),
}
QUERY = "select {columns} from hub.{table} order by all"
EVERYTHING = (
    "insert into changed_names select id from hub.models",
    "create or replace temp table changed_records as select rowid as place, * exclude (body) from hub.models",
    "insert into touched select id from hub.models",
    "insert into named_anew select lower(named), false from hub.declarations where named is not null",
)
ENDINGS = ("", "-GGUF", "-chat", "-lora", "-medical", "-v2-GGUF", "-finetuned-wards", "-hf", "-x-wren-large")
AUTHORS = ("maple", "elm", "studio", "core", "vendor", "newcomer")
FIRST_NEW = 5_000
ROUNDS = 2


def content(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return the derived tables, without where a record stands."""
    return {table: desk.rows(QUERY.format(columns=columns, table=table)) for table, columns in TABLES.items()}


class Changes:
    """Changes of a catalogue, drawn from a seed."""

    def __init__(self, desk: Desk, records: Sequence[dict[str, object]], seed: int) -> None:
        """Begin with the records that are stored."""
        self._desk = desk
        self._chance = Random(seed)
        self._records = {str(record["_id"]): record for record in records}
        self._day = 1
        self._made = FIRST_NEW

    def make(self) -> None:
        """Make a few changes of any kind."""
        self._day += 1
        for _ in range(self._chance.randint(1, 4)):
            kinds = (self._new, self._other, self._figures, self._renamed, self._gone, self._read, self._asked)
            self._chance.choice(kinds)()

    def _any(self) -> dict[str, object]:
        return self._chance.choice(list(self._records.values()))

    def _name(self) -> str:
        stem = str(self._any()["id"]).split("/")[-1]
        return f"{self._chance.choice(AUTHORS)}/{stem}{self._chance.choice(ENDINGS)}"

    def _fields(self) -> dict[str, object]:
        named = self._chance.choice(
            (str(self._any()["id"]), self._name(), str(self._any()["id"]).upper(), "lone", "/srv/x")
        )
        tags = self._chance.sample(
            ["trl", "llama", "mistral", "medical", "merge", f"base_model:{named}", named, "dataset:oak/wards"], k=3
        )
        card = {"base_model": str(self._any()["id"]), "license": "mit"} if self._chance.random() < 0.3 else {}
        return {
            "tags": tags,
            "cardData": card,
            "downloads": self._chance.choice((0, 7, 9_000)),
            "safetensors": {"total": self._chance.choice((1_000, 4_242, 7_000))},
        }

    def _store(self, record: dict[str, object]) -> None:
        names = {str(one["id"]): key for key, one in self._records.items()}
        if names.get(str(record["id"]), record["_id"]) == record["_id"]:
            self._records[str(record["_id"])] = record
            self._desk.take([record], day=self._day)

    def _new(self) -> None:
        self._made += 1
        created = {"createdAt": f"2026-0{self._chance.randint(1, 3)}-15T00:00:00.000Z"}
        self._store(self._desk.record(self._made, id=self._name(), **created, **self._fields()))

    def _other(self) -> None:
        self._store(self._any() | self._fields())

    def _figures(self) -> None:
        self._store(self._any() | {"downloads": self._chance.choice((0, 6, 9_000)), "likes": self._day})

    def _renamed(self) -> None:
        self._store(self._any() | {"id": self._name()})

    @property
    def _facts(self) -> PageFacts:
        seen_at = self._desk.START + timedelta(days=self._day)
        return PageFacts(crawl=self._desk.crawl, seen_at=seen_at, detail=20, is_live=True)

    def _gone(self) -> None:
        gone = [GoneModel(id=str(self._any()["id"]), status="deleted", evidence="HTTP 404")]
        gone.append(GoneModel(id=self._name(), status="missing", evidence="HTTP 404"))
        self._desk.store.take_models([], gone, self._facts, Spent())

    def _asked(self) -> None:
        found = FoundModel(body=json.dumps(self._any()).encode(), former_id=self._name())
        self._desk.store.take_models([found], [], self._facts, Spent())

    def _read(self) -> None:
        model, other, named = (str(self._any()["id"]) for _ in range(3))
        contents = {
            "README.md": f"---\nbase_model: {other}\ndatasets: [oak/{other[:3]}]\n---\n"
            f"This model is a fine-tuned version of [{named}](https://huggingface.co/{named}).\n",
            "config.json": json.dumps(
                {"_name_or_path": self._chance.choice((named, f"/srv/{named}")), "hidden_size": 64}
            ),
            "adapter_config.json": json.dumps({"base_model_name_or_path": other}),
        }
        files = [
            FetchedFile(model=model, path=path, sha=None, content=text, absent=None)
            for path, text in self._chance.sample(list(contents.items()), k=2)
        ]
        weights = f"{self._chance.randint(1, 6):064x}"
        hashes = [
            FileHash(model=one, path="model.safetensors", sha=None, size_bytes=9_000_000, oid="0" * 40, lfs_oid=weights)
            for one in (model, other)[: self._chance.randint(1, 2)]
        ]
        self._desk.store.take_files(files, hashes, self._facts, Spent())


def derive_all_as_learned(desk: Desk, monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    """Derive all models, with what was learned before."""

    def touch(database: Database) -> None:
        touched.touch_changed(database)
        for text in EVERYTHING:
            desk.rows(text)

    with monkeypatch.context() as patch:
        patch.setattr(refresh, "touch_changed", touch)
        derive(desk.database, default_lexicon(), desk.START + timedelta(days=day), in_part=True)


def dated(number: int, identity: str, month: int, **fields: object) -> dict[str, object]:
    """Return a record that was created in that month of 2025."""
    return {"_id": f"{number:024x}", "id": identity, "createdAt": f"2025-{month:02}-01T00:00:00.000Z", **fields}


SHAPE: dict[str, object] = {"safetensors": {"total": 4_242}}
LATER = [
    ("copy suffix", [dated(1, "one/heron-ward-GGUF", 6)], dated(2, "studio/heron-ward", 2)),
    ("copy suffix", [dated(1, "one/studio-heron-ward-GGUF", 6)], dated(2, "studio/heron-ward", 2)),
    (
        "series",
        [
            dated(1, "studio/ledger-audit-notes-two", 6, tags=["trl"]),
            dated(3, "studio/heron-ward", 1),
            dated(4, "two/second", 4, tags=["base_model:studio/heron-ward"]),
        ],
        dated(2, "studio/ledger-audit-notes-one", 5, tags=["trl", "base_model:studio/heron-ward"]),
    ),
    ("plain tag", [dated(1, "one/unnamed", 6, tags=["studio/heron-ward"])], dated(2, "studio/heron-ward", 2)),
    ("sentence", [dated(1, "one/unnamed", 6)], dated(2, "studio/heron-ward", 2)),
    (
        "shape",
        [
            dated(2, "studio/heron-ward", 2, tags=["mistral"], **SHAPE),
            dated(3, "two/second", 3, tags=["mistral", "base_model:studio/heron-ward"], **SHAPE),
            dated(4, "three/third", 4, tags=["mistral", "base_model:studio/heron-ward"], **SHAPE),
        ],
        dated(1, "one/unnamed", 6, tags=["mistral"], **SHAPE),
    ),
    (
        "copied card + copy suffix",
        [
            dated(1, "one/heron-ward-AWQ", 6, tags=["base_model:core/ember"]),
            dated(3, "core/ember", 1),
        ],
        dated(2, "studio/heron-ward", 2, tags=["base_model:core/ember"]),
    ),
]


@pytest.mark.parametrize(("rule", "before", "arriving"), LATER)
def test_a_model_that_arrives_leads_to_those_that_it_concerns(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    before: list[dict[str, object]],
    arriving: dict[str, object],
) -> None:
    """A record that stays as it was gets the parent that came only now, whatever leads there."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take(before)
    if rule == "sentence":
        text = "This model is a fine-tuned version of [it](https://huggingface.co/studio/heron-ward)."
        file = FetchedFile(model="one/unnamed", path="README.md", sha=None, content=text, absent=None)
        desk.store.take_files([file], [], live(desk), Spent())
    desk.derive()
    child = min([*before, arriving], key=lambda record: str(record["_id"]))["id"]
    query = f"select parent, rule from evidence where child = '{child}' and inferred"  # noqa: S608 -- our own name
    assert desk.rows(query) == []
    desk.take([arriving], day=1)
    desk.derive(day=2)
    assert desk.rows(query) == [("studio/heron-ward", rule)]
    found = content(desk)
    derive_all_as_learned(desk, monkeypatch, day=2)
    assert content(desk) == found


NOTES = [
    dated(1, "studio/ledger-audit-notes-two", 6, tags=["trl"]),
    dated(2, "studio/ledger-audit-notes-one", 5, tags=["trl", "base_model:core/ember"]),
    dated(3, "core/ember", 1),
]
AMBER = [
    dated(1, "vendor/amber-7b-chat", 6),
    dated(2, "vendor/amber-7b", 1),
    *(
        dated(number, f"{owner}/first", 4, tags=["base_model:vendor/amber-7b"])
        for number, owner in enumerate(("one", "two", "three"), start=3)
    ),
    *(dated(number, f"vendor/other-{number}-notes-GGUF", 3) for number in range(10, 19)),
]
CONCERNS = {
    "an older model whose name begins its own": (NOTES, dated(9, "studio/ledger-audit", 2)),
    "a model that is renamed so that its name begins its own": (
        [*NOTES, dated(9, "studio/other", 2)],
        dated(9, "studio/ledger-audit", 2),
    ),
    "a model that is renamed so that its name no longer begins its own": (
        [*NOTES, dated(9, "studio/ledger-audit", 2)],
        dated(9, "studio/other", 2),
    ),
    "a model that leaves its author": ([*NOTES, dated(9, "studio/ledger-audit", 2)], dated(9, "one/ledger-audit", 2)),
    "another of the series that declares a parent": (
        [*NOTES, dated(4, "core/wren", 1), dated(5, "one/wren", 2, tags=["base_model:core/wren"])],
        dated(9, "studio/ledger-audit-notes-three", 5, tags=["trl", "base_model:core/wren"]),
    ),
    "one of the series declares its parent no longer": (NOTES, NOTES[1] | {"tags": ["trl"]}),
    "a model under quite another name that declares a parent": (
        [NOTES[0], dated(4, "core/wren", 1), dated(5, "one/wren", 2, tags=["base_model:core/wren"])],
        dated(9, "studio/second", 5, tags=["trl", "base_model:core/wren"]),
    ),
    "one more copy of others' models by an author of bases": (AMBER, dated(19, "vendor/other-19-notes-GGUF", 3)),
    "a model that is renamed as a copy by an author of bases": (
        [*AMBER, dated(19, "vendor/other-19-notes", 3)],
        dated(19, "vendor/other-19-notes-GGUF", 3),
    ),
}


@pytest.mark.parametrize(("before", "arriving"), CONCERNS.values(), ids=CONCERNS)
def test_what_is_inferred_follows_the_other_models_of_the_author(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, before: list[dict[str, object]], arriving: dict[str, object]
) -> None:
    """The record of the first model stays as it was, and what is inferred of it becomes another."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take(before)
    desk.derive()
    query = f"select parent, rule, confidence from evidence where child = '{before[0]['id']}'"  # noqa: S608 -- ours
    inferred = desk.rows(query)
    desk.take([arriving], day=1)
    desk.derive(day=2)
    assert desk.rows(query) != inferred
    found = content(desk)
    derive_all_as_learned(desk, monkeypatch, day=2)
    assert content(desk) == found


def test_what_the_change_of_another_model_does_not_concern_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence is not written again because a model of the same author changed, its own figures, or a vendor fact's.

    The base that `one/notes` declares is also the one of a model that is looked at each time, for its vendor fact.
    """
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    base = "meta-llama/Llama-3.2-1B"
    fact = dated(4, "meta-llama/Llama-3.2-1B-Instruct", 2, tags=[f"base_model:{base}"])
    other = dated(5, "one/other", 4)
    desk.take([*NOTES, dated(30, base, 1), fact, other])
    desk.take([dated(31, "one/notes", 3, tags=[f"base_model:{base}"]), dated(32, "studio/other", 4)])
    desk.derive()
    desk.rows("update hub.evidence set confidence = 0.61")
    changes = [dated(32, "studio/other", 4, downloads=8), dated(33, "one/pages", 4), other | {"tags": ["trl"]}]
    changes.append(NOTES[1] | {"downloads": 3, "likes": 1})
    desk.take(changes, day=1)
    desk.derive(day=2)
    kept = {str(child) for (child,) in desk.rows("select child from evidence where confidence = 0.61")}
    assert kept >= {"studio/ledger-audit-notes-one", "studio/ledger-audit-notes-two", "one/notes"}


def parents(desk: Desk, child: str) -> list[tuple[object, ...]]:
    """Return the edges of a model: the parent, what decided it, and what the parent is a copy of."""
    return [row[1:] for row in desk.rows("select child, parent, evidence, original from edges") if row[0] == child]


def live(desk: Desk) -> PageFacts:
    """Return the facts of a response about single models."""
    return PageFacts(crawl=desk.crawl, seen_at=desk.START, detail=20, is_live=True)


def test_a_name_leads_to_its_model_through_every_rename(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that declares the first of three names follows, though its record stays as it was."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take([dated(1, "studio/first", 1)])
    desk.derive()
    desk.take([dated(2, "one/child", 2, tags=["base_model:studio/first"])], day=1)
    desk.derive(day=2)
    for day, name in ((3, "studio/second"), (5, "studio/third")):
        desk.take([dated(1, name, 1)], day=day)
        desk.derive(day=day + 1)
        assert parents(desk, "one/child") == [(name, "tag", None)]


def test_a_bare_name_leads_to_a_model_of_the_first_years(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was missing until the model came that had this name before there were authors."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take([dated(1, "one/child", 2, tags=["base_model:heron"])])
    desk.derive()
    assert parents(desk, "one/child") == [("heron", "tag", None)]
    desk.take([dated(2, "openai-community/heron", 1) | {"createdAt": "2022-03-02T23:29:05.000Z"}], day=1)
    desk.derive(day=2)
    assert parents(desk, "one/child") == [("openai-community/heron", "tag", None)]


def test_an_edge_forgets_what_its_parent_is_no_longer_a_copy_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy's record changed, and that of the child did not."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    copy = dated(2, "two/ember-AWQ", 2, tags=["base_model:quantized:core/ember"])
    desk.take([dated(1, "core/ember", 1), copy, dated(3, "one/child", 3, tags=["base_model:two/ember-AWQ"])])
    desk.derive()
    assert parents(desk, "one/child") == [("two/ember-AWQ", "tag", "core/ember")]
    desk.take([copy | {"id": "two/ember-AWQ", "tags": ["base_model:finetune:core/ember"]}], day=1)
    desk.derive(day=2)
    assert parents(desk, "one/child") == [("two/ember-AWQ", "tag", None)]


def test_an_edge_follows_what_its_parent_declares(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card of a copy names a base: once the copy's original declares that base, the original is the parent."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    original = dated(2, "studio/heron-ward", 2)
    desk.take([dated(1, "core/ember", 1), original, dated(3, "one/heron-ward-GGUF", 3)])
    text = "This model is a fine-tuned version of [it](https://huggingface.co/core/ember)."
    file = FetchedFile(model="one/heron-ward-GGUF", path="README.md", sha=None, content=text, absent=None)
    desk.store.take_files([file], [], live(desk), Spent())
    desk.derive()
    assert [row[0] for row in parents(desk, "one/heron-ward-GGUF")] == ["core/ember"]
    desk.take([original | {"tags": ["base_model:core/ember"]}], day=1)
    desk.derive(day=2)
    assert [row[0] for row in parents(desk, "one/heron-ward-GGUF")] == ["studio/heron-ward"]


def test_what_is_learned_stays_until_all_is_derived(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Authors who declare a new base make it known to the rules only when these learn again: of themselves in time."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take([dated(1, "four/notes", 6), dated(2, "vendor/amber-legal-7b", 1)])
    desk.derive()
    names = ("one", "two", "three", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
    desk.take(
        [dated(10 + at, f"{name}/x", 2, tags=["base_model:vendor/amber-legal-7b"]) for at, name in enumerate(names)],
        day=1,
    )
    desk.derive(day=2)
    assert ("freshness", "rules learned", "2026-03-02 00:00, 11 models changed since", None) in read_status(
        desk.database
    ).rows
    known = "select count(*) from hub.bases where id = 'vendor/amber-legal-7b' and authors = 11"
    assert desk.rows(known) == [(0,)]
    desk.take([dated(40, "thirteen/y", 3)], day=3)
    monkeypatch.setattr(touched, "MOST_CHANGED", 0.9)  # 12 of 14 changed since the rules learned
    desk.derive(day=4)
    assert desk.rows(known) == [(0,)]
    monkeypatch.setattr(touched, "MOST_CHANGED", 0.5)
    desk.take([dated(40, "thirteen/y", 3, tags=["trl"])], day=5)
    desk.derive(day=6)
    assert desk.rows(known) == [(1,)]


FAMILIES = [
    *(dated(at, f"{owner}/heron-notes", 1) for at, owner in enumerate(("maple", "elm", "birch"), start=1)),
    dated(4, "one/maple-medical", 2, tags=["base_model:maple/heron-notes", "medical"]),
    dated(5, "two/maple-ward", 3, tags=["base_model:one/maple-medical"]),
    dated(6, "one/elm-ward", 2, tags=["base_model:elm/heron-notes"]),
    dated(7, "one/birch-ward", 2, tags=["base_model:birch/heron-notes", "base_model:three/birch-ward"]),
    dated(8, "three/birch-ward", 3, tags=["base_model:one/birch-ward"]),
    dated(9, "alone/first", 3, tags=["base_model:lost/parent"]),
    dated(11, "four/maple-ward-GGUF", 5),
]
MOVES = [
    ("it leaves one family for another", [FAMILIES[4] | {"tags": ["base_model:one/elm-ward"]}]),
    ("its family falls apart", [FAMILIES[3] | {"tags": []}]),
    ("a cycle opens", [FAMILIES[6] | {"tags": ["base_model:birch/heron-notes"]}]),
    ("a cycle closes", [FAMILIES[2] | {"tags": ["base_model:one/birch-ward"]}]),
    ("a root is renamed", [FAMILIES[1] | {"id": "elm/heron-pages"}]),
    ("a parent that was never seen is gone", [FAMILIES[8] | {"tags": []}]),
    ("a root has other downloads", [FAMILIES[0] | {"downloads": 70_000}]),
    ("an ancestor is of a domain", [FAMILIES[0] | {"tags": ["medical", "clinical"]}]),
    ("two families become one", [FAMILIES[5] | {"tags": ["base_model:elm/heron-notes", "base_model:two/maple-ward"]}]),
    ("somebody comes first in the alphabet", [dated(10, "aa/aa", 4, tags=["base_model:elm/heron-notes"])]),
]


@pytest.mark.parametrize("records", [records for _, records in MOVES], ids=[name for name, _ in MOVES])
def test_a_family_is_written_again_where_it_changed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, records: list[dict[str, object]]
) -> None:
    """Families, roots, descendants, domains and cycles are those of the whole graph, whichever way a model moves."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take(FAMILIES)
    desk.derive()
    before = content(desk)
    desk.take(records, day=1)
    desk.derive(day=2)
    found = content(desk)
    check_places_and_arrays(desk)
    assert found != before
    for table in ("families", "other_roots", "reach", "domains", "problems"):
        desk.rows(f"truncate hub.{table}")
    derive_all_as_learned(desk, monkeypatch, day=2)
    expected = content(desk)
    assert {table for table in TABLES if found[table] != expected[table]} == set()


def test_a_card_may_name_a_model_that_no_edge_leads_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy of a model whose edge a person rejected still declares the parent that the copied card names."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    tags = ["base_model:maple/heron-notes"]
    copy = dated(3, "two/heron-ward-GGUF", 3, tags=tags)
    desk.take([dated(1, "maple/heron-notes", 1), dated(2, "one/heron-ward", 2, tags=tags), copy])
    desk.derive()
    said = EdgeCorrection(child="one/heron-ward", parent="maple/heron-notes", verdict="reject")
    correct(desk.database, said, default_lexicon(), desk.START)
    desk.take([copy | {"downloads": 8}], day=1)
    desk.derive(day=2)
    found = content(desk)
    assert [row[-1] for row in found["families"]] == [False, False, True]
    derive(desk.database, default_lexicon(), desk.START + timedelta(days=2))
    assert content(desk) == found


def test_only_the_components_that_changed_are_written(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands of a family that nothing touched stays as it is, right or not."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    desk.take(FAMILIES)
    desk.derive()
    desk.rows("update hub.families set depth = 70")
    desk.take([FAMILIES[5] | {"tags": ["base_model:elm/heron-notes", "trl"]}], day=1)
    desk.derive(day=2)
    kept = {str(model) for (model,) in desk.rows("select model from hub.families where depth = 70")}
    assert {str(model) for (model,) in desk.rows("select model from hub.families")} - kept == {
        "elm/heron-notes",
        "one/elm-ward",
    }


@pytest.mark.parametrize("seed", range(3))
def test_what_changed_is_derived_as_all_would_be(
    desk: Desk, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """After records, names, files and states changed, the tables are those of all models with what was learned."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    records = list(catalogue())
    desk.take(records)
    desk.derive()
    learned = content(desk)
    derive_all_as_learned(desk, monkeypatch, day=1)
    assert content(desk) == learned
    changes = Changes(desk, records, seed)
    for number in range(1, ROUNDS + 1):
        changes.make()
        desk.derive(day=10 * number)
        found = content(desk)
        check_places_and_arrays(desk)
        derive_all_as_learned(desk, monkeypatch, day=10 * number)
        expected = content(desk)
        assert {table for table in TABLES if found[table] != expected[table]} == set()
