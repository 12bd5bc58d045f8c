"""Parents that nobody declares, in the database: found, marked, the weak kept apart, never beside a declaration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from lineage.crawl_records import FetchedFile, FileHash, PageFacts, Spent
from lineage.domains.lexicon_file import default_lexicon
from store.derive import touched
from store.queries.families import list_common, list_families
from store.queries.models import list_models, read_status, show_model
from store.queries.trees import draw_tree, list_tree
from store.refresh import derive

if TYPE_CHECKING:
    from tests.store.conftest import Desk

EDGES = "select child, parent, relation, evidence, rule, inferred from edges order by all"
START = datetime(2026, 3, 1, tzinfo=UTC)
OID = "ab" * 32


def made(day: int) -> str:
    """Return a time of creation as the Hub writes it."""
    return f"2026-01-{day:02}T00:00:00.000Z"


@pytest.fixture(name="family")
def fixture_family(desk: Desk) -> Desk:
    """Give a medical base with a declared derivative, and a copy of that which declares nothing."""
    tuned = ["base_model:finetune:maple/medical-base-7b"]
    desk.take(
        [
            desk.record(1, id="maple/medical-base-7b", createdAt=made(1), tags=["medical"], downloads=9),
            desk.record(2, id="maple/ward-notes-7b", createdAt=made(2), tags=tuned, downloads=5),
            desk.record(3, id="elm/ward-notes-7b-GGUF", createdAt=made(3), tags=["gguf"]),
        ]
    )
    desk.derive()
    return desk


def test_a_copy_hangs_under_its_original_and_is_marked(family: Desk) -> None:
    """The edge says that it was inferred, by which rule, with a confidence; so do the tree, `show` and the status."""
    assert family.rows(EDGES)[0] == (
        "elm/ward-notes-7b-GGUF",
        "maple/ward-notes-7b",
        "quantized",
        "name",
        "copy suffix",
        True,
    )
    ((confidence, resolution),) = family.rows("select confidence, resolution from edges where inferred")
    assert 0.95 <= float(str(confidence)) < 1
    assert resolution == "inferred"
    drawn = draw_tree(
        family.database, "maple/medical-base-7b", depth=9, is_up=False, is_full=True, columns=90, is_ascii=True
    )
    assert "quantized? elm/ward-notes-7b-GGUF" in drawn
    assert "finetune maple/ward-notes-7b" in drawn
    rows = list_tree(family.database, "maple/medical-base-7b", depth=9, is_up=False).rows
    assert {row[0]: row[6] for row in rows} == {"maple/ward-notes-7b": False, "elm/ward-notes-7b-GGUF": True}
    shown = {row[0]: str(row[2]) for row in show_model(family.database, "elm/ward-notes-7b-GGUF").rows}
    assert shown["parents"].startswith("inferred, not declared: quantized")
    told = {row[1]: row[2] for row in read_status(family.database).rows}
    assert told["no parent, and one was inferred"] == 1


def test_families_and_domains_follow_and_say_so(family: Desk) -> None:
    """The copy's root is the base, marked; it inherits the domain with less confidence than its original."""
    rows = family.rows("select model, inferred from families where root = 'maple/medical-base-7b'")
    assert {str(model): inferred for model, inferred in rows} == {
        "maple/medical-base-7b": False,
        "maple/ward-notes-7b": False,
        "elm/ward-notes-7b-GGUF": True,
    }
    inherited = {
        str(model): (float(str(confidence)), cast("list[str]", signals))
        for model, confidence, signals in family.rows(
            "select model, confidence, signals from domains where domain = 'medical' and basis = 'inherited'"
        )
    }
    base = "maple/medical-base-7b"
    assert inherited["maple/ward-notes-7b"][1] == [f"ancestor:{base}", "distance:1", f"path:{base}"]
    assert inherited["elm/ward-notes-7b-GGUF"][1] == [
        f"ancestor:{base}",
        "distance:2",
        f"path:maple/ward-notes-7b > {base}",
        "inferred edges:1",
    ]
    assert inherited["elm/ward-notes-7b-GGUF"][0] < 0.93 * inherited["maple/ward-notes-7b"][0]


def test_counts_tell_how_much_of_them_is_inferred(family: Desk) -> None:
    """Families, common ancestors, roots, listings and `show` say what only inferred edges lead to."""
    database = family.database
    base, tuned, copy = "maple/medical-base-7b", "maple/ward-notes-7b", "elm/ward-notes-7b-GGUF"
    (row,) = list_families(database, domain=None, sort="models", limit=0).records()
    assert (row["root"], row["models"], row["inferred"]) == (base, 3, 1)
    assert [one["inferred"] for one in list_common(database, [tuned, base]).records()] == [False]
    assert [one["inferred"] for one in list_common(database, [copy, base]).records()] == [True]
    assert family.rows(f"select derivatives, inferred from exposure where model = '{base}'") == [(2, 1)]  # noqa: S608 -- our own id
    assert family.rows("select model, root, inferred from roots order by model")[0] == (copy, base, True)
    shown = {(part, name): value for part, name, value in show_model(database, base).rows}
    assert shown["family", "models in the family"] == "3, 1 of them inferred"
    assert shown["family", "derivatives, all generations"] == "2, 1 of them inferred"
    shown = {(part, name): value for part, name, value in show_model(database, copy).rows}
    assert shown["family", "root"] == f"{base} (over inferred edges)"
    filters = dict.fromkeys(
        ("domain", "basis", "confidence", "author", "relation", "library", "license", "status", "search"), None
    )
    found = list_models(
        database, limit=0, selector=copy, sort="downloads", undeclared=None, unscored=None, **filters
    ).records()
    assert [one["relations"] for one in found] == [["quantized (inferred)"]]


def test_whoever_declares_a_parent_gets_none_inferred(desk: Desk) -> None:
    """A declaration that leads to a model ends the search, even to a missing one."""
    desk.take(
        [
            desk.record(1, id="maple/ward-notes-7b", createdAt=made(1)),
            desk.record(2, id="elm/ward-notes-7b-GGUF", createdAt=made(2), tags=["base_model:quantized:gone/notes"]),
        ]
    )
    desk.derive()
    assert [row[1] for row in desk.rows(EDGES)] == ["gone/notes"]


def test_tags_that_are_ids_make_a_merge(desk: Desk) -> None:
    """Each older model that a merge names in its tags is a parent; a copy of the merge repeats the tags in vain."""
    tags = ["merge", "mergekit", "maple/one", "oak/two", "not/here"]
    desk.take(
        [
            desk.record(1, id="maple/one", createdAt=made(1)),
            desk.record(2, id="oak/two", createdAt=made(2)),
            desk.record(3, id="elm/blend", createdAt=made(3), tags=tags),
            desk.record(4, id="elm/tagged", createdAt=made(3), tags=["maple/one"]),
            desk.record(5, id="pine/blend-GGUF", createdAt=made(4), tags=tags),
        ]
    )
    desk.derive()
    assert desk.rows(EDGES)[:2] == [
        ("elm/blend", "maple/one", "merge", "plain tag", "plain tag", True),
        ("elm/blend", "oak/two", "merge", "plain tag", "plain tag", True),
    ]
    assert [row[0] for row in desk.rows("select child from edges where evidence = 'plain tag'")] == ["elm/blend"] * 2
    assert desk.rows("select kind, is_edge from evidence where child = 'elm/tagged'") == [("plain tag", False)]


def test_files_tell_of_parents(desk: Desk) -> None:
    """A sentence of a card, and a large file whose bytes another model had first."""
    card = "# Notes\nThis model is a fine-tuned version of [one](https://huggingface.co/maple/one) on x.\n"
    desk.take(
        [
            desk.record(1, id="maple/one", createdAt=made(1)),
            desk.record(2, id="elm/told", createdAt=made(2)),
            desk.record(3, id="elm/mirror", createdAt=made(3)),
        ]
    )
    desk.store.take_files(
        [FetchedFile(model="elm/told", path="README.md", sha=None, content=card, absent=None)],
        [
            FileHash(model=model, path="model.safetensors", sha=None, size_bytes=2_000_000, oid="cd" * 20, lfs_oid=OID)
            for model in ("maple/one", "elm/mirror")
        ],
        PageFacts(crawl=desk.crawl, seen_at=START, detail=20),
        Spent(),
    )
    desk.derive()
    assert desk.rows(EDGES) == [
        ("elm/mirror", "maple/one", "finetune", "weights", "identical weights", True),
        ("elm/told", "maple/one", "finetune", "readme", "sentence", True),
    ]
    ((text,),) = desk.rows("select declared_as from edges where evidence = 'weights'")
    assert text == f"model.safetensors {OID}"


@pytest.mark.parametrize(
    ("path", "size_bytes", "is_copy"),
    [
        ("adapter_model.safetensors", 40_000, True),
        ("model.safetensors", 1_000, True),
        ("model-00001-of-00002.safetensors", 9_000, True),
        ("adapter_model.safetensors", 48, False),
        ("training_args.bin", 5_000, False),
        ("rng_state.pth", 14_000, False),
        ("learned_embeds.safetensors", 4_000, False),
        ("checkpoint-500/adapter_model.safetensors", 40_000, False),
        ("optimizer.pt", 2_000_000, True),
    ],
)
def test_small_files_count_where_they_are_the_weights(desk: Desk, path: str, size_bytes: int, *, is_copy: bool) -> None:
    """An adapter is a copy by its hash as any model is; what is equal everywhere, and an empty file, says nothing."""
    desk.take([desk.record(number, createdAt=made(number)) for number in (1, 2)])
    desk.store.take_files(
        [],
        [
            FileHash(
                model=f"maple/model-{number}", path=path, sha=None, size_bytes=size_bytes, oid="cd" * 20, lfs_oid=OID
            )
            for number in (1, 2)
        ],
        PageFacts(crawl=desk.crawl, seen_at=START, detail=20),
        Spent(),
    )
    desk.derive()
    found = [("maple/model-2", "maple/model-1", "finetune", "weights", "identical weights", True)]
    assert desk.rows(EDGES) == (found if is_copy else [])


def test_a_local_path_is_weak_evidence(desk: Desk) -> None:
    """Its last part is matched where one model alone has that name, and makes no edge."""
    desk.take(
        [
            desk.record(1, id="maple/ward-notes", createdAt=made(1)),
            desk.record(2, id="elm/mine", createdAt=made(2), cardData={"base_model": "/home/me/ward-notes"}),
            desk.record(3, id="elm/ours", createdAt=made(2), cardData={"base_model": "./checkpoints/unheard-of"}),
        ]
    )
    desk.derive()
    assert desk.rows(EDGES) == []
    assert desk.rows("select child, parent, rule, is_edge from evidence") == [
        ("elm/mine", "maple/ward-notes", "local path", False)
    ]
    shown = [row for row in show_model(desk.database, "elm/mine").rows if row[0] == "possible parents"]
    assert str(shown[0][2]).startswith("inferred, makes no edge: rule local path")


def test_inferring_again_changes_nothing(family: Desk) -> None:
    """What was inferred is no evidence for what is inferred next."""
    before = family.rows("from evidence order by all"), family.rows(EDGES)
    family.derive(day=2)
    assert (family.rows("from evidence order by all"), family.rows(EDGES)) == before


def test_a_card_tells_more_than_the_name(desk: Desk) -> None:
    """A name begins with a famous base, and its card names a model made from that: the one parent is the card's."""
    famous = desk.record(1, id="maple/notes-large", createdAt=made(1))
    children = [
        desk.record(
            number, id=f"author-{number}/run-{number}", createdAt=made(2), tags=["base_model:maple/notes-large"]
        )
        for number in range(2, 14)
    ]
    between = desk.record(20, id="oak/between", createdAt=made(3), tags=["base_model:maple/notes-large"])
    named = desk.record(21, id="elm/notes-large-courts", createdAt=made(4))
    told = desk.record(22, id="elm/notes-large-wards", createdAt=made(4))
    desk.take([famous, *children, between, named, told])
    card = "This model is a fine-tuned version of [between](https://huggingface.co/oak/between)."
    file = FetchedFile(model="elm/notes-large-wards", path="README.md", sha=None, content=card, absent=None)
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    desk.store.take_files([file], [], facts, Spent(requests=1))
    desk.derive()
    assert desk.rows("select child, parent, evidence from edges where child like 'elm/%' order by all") == [
        ("elm/notes-large-courts", "maple/notes-large", "name"),
        ("elm/notes-large-wards", "oak/between", "readme"),
    ]


def test_a_number_of_weights_tells_the_family(desk: Desk) -> None:
    """What two authors' models of one shape were made from is likely for a third, whatever its name; no edge."""
    shape = {"config": {"model_type": "llama"}, "safetensors": {"total": 7_241_732_096}}
    base = desk.record(1, id="maple/notes-7b", createdAt=made(1))
    children = [
        desk.record(number, id=f"author-{number}/run", createdAt=made(2), tags=["base_model:maple/notes-7b"], **shape)
        for number in (2, 3)
    ]
    desk.take([base, *children, desk.record(4, id="elm/courts", createdAt=made(3), **shape)])
    desk.derive()
    assert desk.rows("select model, parent, rule, confidence < 0.95 from likely_parents") == [
        ("elm/courts", "maple/notes-7b", "shape", True)
    ]
    assert desk.rows("select child from edges where inferred") == []


def test_a_copy_follows_the_downloads_that_tell_models_of_one_name_apart(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two models with the name that a copy has its own from, the one with more downloads now is its original."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    first = desk.record(1, id="one/heron-ward", createdAt=made(1), downloads=5)
    second = desk.record(2, id="two/heron-ward", createdAt=made(2), downloads=9)
    desk.take([first, second, desk.record(3, id="elm/heron-ward-GGUF", createdAt=made(3))])
    desk.derive()
    query = "select parent from evidence where child = 'elm/heron-ward-GGUF'"
    for day, downloads, parent in ((1, 5, "two"), (3, 9, "two"), (5, 50, "one")):
        desk.take([first | {"downloads": downloads}], day=day)
        desk.derive(day=day + 1)
        assert desk.rows(query) == [(f"{parent}/heron-ward",)]
    found = desk.rows("from hub.evidence order by all")
    derive(desk.database, default_lexicon(), START)
    assert desk.rows("from hub.evidence order by all") == found
