"""What is kept of weights, which models are still to be read, and what a comparison says on an edge."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from lineage.advisories.advisory import own_advisory
from lineage.crawl_records import NamedModels, PageFacts, Spent, UnreadWeights, WantedWeights
from lineage.domains.lexicon_file import default_lexicon
from lineage.drift.measure import DriftSettings
from lineage.explorer.payload import encode
from lineage.parents.reliability import default_reliability
from lineage.vocabulary import Against
from lineage.weights.adapter import AdaptedModule, AdapterContent, AdapterSettings
from lineage.weights.number_formats import round_to
from lineage.weights.weight_rows import KEPT_ROWS, MatrixRows, WeightRows
from store.derive import touched
from store.derive.parents import write_edges
from store.derive.touched import touch_all
from store.drift.measure import find_drift
from store.ingest.advisories import keep_advisories
from store.ingest.corrections import EdgeCorrection, correct
from store.outputs.explorer import find_explorer
from store.queries.advised_models import DeployedModel, advised
from store.queries.models import show_model
from store.queries.trees import draw_tree
from store.refresh import derive
from store.scores.write import write_scores
from store.weights.pairs import compare_new, find_relatives
from store.weights.readings import find_readings, keep_readings, list_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lineage.scores.score import Score
    from tests.store.conftest import Desk

    Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]
    Exact = Callable[[Rows], Rows]

SHA = "a" * 40
FACTS = PageFacts(crawl=1, seen_at=datetime(2026, 3, 1, tzinfo=UTC), detail=20)


def name(number: int) -> str:
    """Return the id of a model."""
    return f"maple/model-{number}"


def rows_of(seed: int, rows: int = 16, columns: int = 64) -> Rows:
    """Return rows of independent numbers."""
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)


def halved(rows: Rows) -> Rows:
    """Return numbers that half precision holds exactly."""
    return rows.astype(np.float16).astype(np.float32)


def read_of(number: int, seed: int, *, change: float = 0.0, dtype: str = "F32", columns: int = 64) -> WeightRows:
    """Return what was read of a model whose weights are those of a seed, changed a little."""
    noise = change * rows_of(1000 + number, columns=columns)
    places = (("model.embed_tokens.weight", 0), ("model.layers.0.mlp.up_proj.weight", 500))
    return WeightRows(
        model=name(number),
        revision=SHA,
        file="model.safetensors",
        file_bytes=10**6,
        file_sha256=None,
        header_sha256="0" * 64,
        tensors=2,
        parameters=10**5,
        matrices=tuple(
            MatrixRows(
                name=place,
                dtype=dtype,
                matrix_rows=1000,
                columns=columns,
                rows=rows_of(seed + more, columns=columns) + noise,
            )
            for place, more in places
        ),
        bytes_read=100_000,
        requests=4,
    )


def plant(desk: Desk, parents: Mapping[int, list[int]], last: int, **more: object) -> None:
    """Store models up to a number with their parents, at a known commit, and derive."""
    records = []
    for number in range(1, last + 1):
        tags = [f"base_model:{name(parent)}" for parent in parents.get(number, [])]
        tags += [f"base_model:merge:{name(parent)}" for parent in parents.get(number, []) if len(parents[number]) > 1]
        records.append(desk.record(number, downloads=10**number, sha=SHA, tags=tags, **more))
    desk.take(records)
    desk.derive()


def keep(desk: Desk, *read: WeightRows, crawl: int = 1) -> int:
    """Keep what was read, compare, and return how many pairs were."""
    with desk.database.transaction():
        keep_readings(desk.database, read, (), crawl=crawl, now=desk.START)
    return compare_new(desk.database, crawl=crawl, now=desk.START)


def wanted(desk: Desk, *numbers: int) -> list[str]:
    """Return which models are still to be read if these are asked for."""
    named = NamedModels(stored=tuple(name(number) for number in numbers), others=())
    return [one.model for one in list_wanted(desk.database, named, most_bytes=100_000)]


def test_a_model_and_all_above_it_are_read_once_at_a_commit(desk: Desk) -> None:
    """Those with most derivatives first; also what held no weights is not asked again, until it changes."""
    plant(desk, {2: [1], 3: [2], 4: [9]}, 5)
    assert wanted(desk, 3) == [name(1), name(2), name(3)]
    assert wanted(desk, 4, 5) == [name(5), name(4)]
    with desk.database.transaction():
        unread = UnreadWeights(model=name(3), sha=SHA, reason="it holds no weights that we know")
        keep_readings(desk.database, [read_of(1, 1)], [unread], crawl=1, now=desk.START)
    assert wanted(desk, 3) == [name(2)]
    assert desk.rows("select model, unread, bytes_read from weight_files order by model") == [
        (name(1), None, 100_000),
        (name(3), "it holds no weights that we know", None),
    ]
    desk.take([desk.record(3, downloads=1000, sha="b" * 40, lastModified="2026-03-03T00:00:00.000Z")], day=3)
    desk.derive(day=3)
    named = NamedModels(stored=(name(3),), others=())
    assert list_wanted(desk.database, named, most_bytes=100_000) == (WantedWeights(model=name(3), sha="b" * 40),)


@pytest.mark.parametrize(("dtype", "columns"), [("F32", 64), ("F16", 700), ("BF16", 700), ("I8", 64), ("F8_E5M2", 64)])
def test_what_is_kept_is_what_was_read(desk: Desk, dtype: str, columns: int) -> None:
    """Twelve rows and at most 512 columns of every matrix, number for number."""
    read = read_of(1, 1, dtype=dtype, columns=columns)
    exacts: dict[str, Exact] = {
        "I8": lambda rows: np.round(rows * 20),
        "BF16": lambda rows: cast("Rows", round_to(rows, "BF16")),
        "F8_E5M2": lambda rows: (np.sign(rows) * 0.5).astype(np.float32),
    }
    exact = exacts.get(dtype, halved)
    read = replace(read, matrices=tuple(replace(one, rows=exact(one.rows)) for one in read.matrices))
    keep(desk, read)
    kept = find_readings(desk.database, [name(1), name(2)])[name(1)]
    assert replace(kept, matrices=()) == replace(read, matrices=())
    for ours, theirs in zip(kept.matrices, read.matrices, strict=True):
        assert ours == theirs
        assert ours.rows.shape == (KEPT_ROWS, min(columns, 512))
        np.testing.assert_array_equal(ours.rows, theirs.kept().rows)


def test_an_edge_shows_what_weights_say_of_it(desk: Desk) -> None:
    """A child of the same weights, one of others, a merge whose rows are those of one parent, and one not read."""
    plant(desk, {2: [1], 3: [1], 4: [2, 3], 5: [1]}, 5)
    assert keep(desk, read_of(1, 1), read_of(2, 1, change=0.01), read_of(3, 3), read_of(4, 1, change=0.02)) >= 4
    assert desk.rows("select child, parent, relation, weights from edges order by all") == [
        (name(2), name(1), "finetune", "p = 1.6e-89"),
        (name(3), name(1), "finetune", "contradicted"),
        (name(4), name(2), "merge", "p = 1.6e-89"),
        (name(4), name(3), "merge", "no sign"),
        (name(5), name(1), "finetune", None),
    ]
    assert keep(desk) == 0


def drawn(desk: Desk, number: int, *, is_up: bool = False) -> list[str]:
    """Return the lines of a model's tree."""
    return draw_tree(
        desk.database, name(number), depth=3, is_up=is_up, is_full=False, columns=160, is_ascii=True
    ).splitlines()


def shown(desk: Desk, number: int, section: str) -> dict[object, object]:
    """Return what one section of `lineage show` says."""
    return {row[1]: row[2] for row in show_model(desk.database, name(number)).rows if row[0] == section}


def test_a_contradicted_edge_is_none(desk: Desk) -> None:
    """The child and all below it leave the family; the edge stands apart with its mark, and the relative is named."""
    plant(desk, {2: [1], 3: [2], 5: [1]}, 5)
    roots = "select model, root, family_size from families order by model"
    assert [row[1] for row in desk.rows(roots)] == [name(1), name(1), name(1), name(4), name(1)]
    keep(desk, read_of(1, 1), read_of(2, 4), read_of(4, 4, change=0.01), read_of(5, 1, change=0.01))
    desk.derive(day=2)
    assert desk.rows(roots) == [
        (name(1), name(1), 2),
        (name(2), name(2), 2),
        (name(3), name(2), 2),
        (name(4), name(4), 1),
        (name(5), name(1), 2),
    ]
    columns = "child, parent, relation, evidence, inferred, declared_as, weights"
    assert desk.rows(f"select {columns} from contradicted_edges") == [  # noqa: S608 -- our own columns
        (name(2), name(1), "finetune", "tag", False, f"base_model:{name(1)}", "contradicted")
    ]
    keep_advisories(desk.database, [own_advisory(name(1), FACTS.seen_at, summary="poisoned")], FACTS.seen_at)
    asked = [DeployedModel(id=name(number), commit=None) for number in (2, 3, 5)]
    assert [row[0] for row in advised(desk.database, asked).rows] == [name(5)]
    assert desk.rows("select child, weights, is_edge from evidence order by child") == [
        (name(2), "contradicted", False),
        (name(3), None, True),
        (name(5), "p = 1.6e-89", True),
    ]
    told = f"weights contradict {name(1)}; one origin with {name(4)}; parent open"
    assert shown(desk, 2, "parents")["none"] == f"root; 1 derivative ({told})"
    assert "of 64 columns match" in str(shown(desk, 2, "contradicted")[name(1)])
    assert list(shown(desk, 2, "weights")) == [name(4)]
    assert list(shown(desk, 1, "contradicted")) == [name(2)]
    assert list(shown(desk, 1, "weights")) == [name(5)]
    assert f"({told})" in drawn(desk, 2)[0]
    assert "(weights contradict 1 more child)" in drawn(desk, 1)[0]
    assert name(2) not in "".join(drawn(desk, 1))
    assert f"({told})" in drawn(desk, 3, is_up=True)[1]


def test_a_new_reading_brings_an_edge_back(desk: Desk) -> None:
    """The uploader replaced the weights: by what is read now, it was made from the declared base."""
    plant(desk, {2: [1]}, 2)
    keep(desk, read_of(1, 1), read_of(2, 4))
    desk.derive(day=2)
    assert desk.rows("select * from edges") == []
    assert keep(desk, read_of(2, 1, change=0.01), crawl=2) == 1
    desk.derive(day=3)
    assert desk.rows("select child, weights from edges") == [(name(2), "p = 1.6e-89")]
    assert desk.rows("select * from contradicted_edges") == []
    with desk.database.transaction():
        keep_readings(desk.database, [read_of(2, 4)], (), crawl=3, now=desk.START)
    desk.derive(day=4)
    assert desk.rows("select child, weights from edges") == [(name(2), None)]


def test_a_person_knows_better_than_weights(desk: Desk) -> None:
    """An added edge stays, with what weights say of it: hidden coordinates show no sign either."""
    plant(desk, {2: [1]}, 2)
    keep(desk, read_of(1, 1), read_of(2, 4))
    added = EdgeCorrection(child=name(2), parent=name(1), verdict="add", relation="finetune")
    correct(desk.database, added, default_lexicon(), desk.START)
    assert desk.rows("select evidence, weights from edges") == [("human", "contradicted")]
    assert desk.rows("select * from contradicted_edges") == []
    assert f"(weights contradict {name(1)})" in drawn(desk, 1)[1]
    assert "more child" not in drawn(desk, 1)[0]


def test_a_merge_is_never_contradicted(desk: Desk) -> None:
    """Its embedding may be that of another parent: both stay its parents."""
    plant(desk, {3: [1, 2]}, 3)
    keep(desk, read_of(1, 1), read_of(2, 2), read_of(3, 9))
    desk.derive(day=2)
    assert desk.rows("select parent, relation, weights from edges order by parent") == [
        (name(1), "merge", "no sign"),
        (name(2), "merge", "no sign"),
    ]


def adapter_of(number: int, *, inputs: int = 64, layer: int = 0) -> WeightRows:
    """Return what was read of an adapter that changes one module of the first layer and of another."""
    changed = (
        AdaptedModule(name=f"layers.{one}.mlp.up_proj", rank=8, inputs=inputs, outputs=172)
        for one in sorted({0, layer})
    )
    content = AdapterContent(modules=tuple(changed), settings=AdapterSettings())
    return replace(read_of(number, 1), file="adapter_model.safetensors", matrices=(), shapes={}, adapter=content)


def test_an_edge_says_whether_an_adapter_fits(desk: Desk) -> None:
    """By the sizes of its modules, as they are kept; what cannot be of its base leaves the family, and says why."""
    plant(desk, {2: [1], 3: [1], 4: [1], 5: [2]}, 5)
    shapes = {f"model.layers.{layer}.mlp.up_proj.weight": (172, 64) for layer in range(2)}
    base = replace(read_of(1, 1), shapes=shapes)
    read = [base, adapter_of(2), adapter_of(3, inputs=128), adapter_of(4, layer=2), adapter_of(5)]
    assert keep(desk, *read) == 4
    desk.derive(day=2)
    assert desk.rows("select child, parent, weights from edges order by all") == [
        (name(2), name(1), "shapes fit"),
        (name(5), name(2), None),
    ]
    assert desk.rows("select child, weights, reason from contradicted_edges order by all") == [
        (name(3), "contradicted", f"up_proj of layer 0 takes 128 numbers in the adapter, 64 in {name(1)}"),
        (name(4), "contradicted", f"up_proj of layer 2 is in the adapter, not in {name(1)}"),
    ]
    assert wanted(desk, 2, 3) == []
    kept = find_readings(desk.database, [name(1), name(2)])
    assert (kept[name(1)].shapes, kept[name(2)].adapter) == (shapes, adapter_of(2).adapter)


def suggest(desk: Desk, child: int, confidences: Mapping[int, float]) -> None:
    """Let rules infer parents of a model that declares none."""
    for parent, confidence in confidences.items():
        desk.rows(
            "insert into hub.evidence by name select "
            f"'{name(child)}' as child, '{name(parent)}' as parent, 'name' as kind, 'series' as rule,"
            f"'' as declared_as, 'inferred' as resolution, {confidence} as confidence, true as inferred,"
            "now() as first_seen_at, now() as last_seen_at"
        )


def rewrite(desk: Desk) -> None:
    """Derive the edges of all models from the evidence as it stands."""
    with desk.database.transaction():
        touch_all(desk.database)
        write_edges(desk.database, default_reliability().threshold)


@pytest.mark.parametrize("embeddings_alone", [False, True])
def test_weights_restrict_what_was_inferred(desk: Desk, *, embeddings_alone: bool) -> None:
    """Of several suggestions the one with one origin remains, and none becomes surer than its rule."""
    plant(desk, {}, 4)
    suggest(desk, 4, {1: 0.9, 2: 0.7, 3: 0.6})
    rewrite(desk)
    likely = "select parent, confidence from likely_parents"
    assert desk.rows(likely) == [(name(1), 0.9)]
    read = [read_of(1, 1), read_of(2, 2), read_of(3, 3), read_of(4, 2, change=0.01)]
    keep(desk, *(replace(one, matrices=one.matrices[:1]) if embeddings_alone else one for one in read))
    said = "no sign" if embeddings_alone else "contradicted"
    assert desk.rows("select parent, weights from evidence order by parent") == [
        (name(1), said),
        (name(2), "p = 7.9e-90" if embeddings_alone else "p = 1.6e-89"),
        (name(3), said),
    ]
    rewrite(desk)
    assert desk.rows(likely) == [(name(2), 0.7)]
    assert desk.rows("select * from edges") == []


def test_an_inferred_edge_goes_the_same_way(desk: Desk) -> None:
    """Confirmed, it shows what weights say; contradicted, or without a sign where another has one, it is none."""
    plant(desk, {}, 5)
    suggest(desk, 4, {1: 0.97})
    suggest(desk, 5, {1: 0.97, 2: 0.96})
    rewrite(desk)
    edges = "select child, parent, weights from edges order by all"
    assert len(desk.rows(edges)) == 3
    read = [read_of(1, 1), read_of(2, 2), read_of(4, 3), read_of(5, 2, change=0.01)]
    keep(desk, *read)
    rewrite(desk)
    assert desk.rows(edges) == [(name(5), name(2), "p = 1.6e-89")]
    denied = "select child, parent, inferred, weights from contradicted_edges order by all"
    assert desk.rows(denied) == [
        (name(4), name(1), True, "contradicted"),
        (name(5), name(1), True, "contradicted"),
    ]
    keep(desk, *(replace(one, matrices=one.matrices[:1]) for one in read), crawl=2)
    rewrite(desk)
    assert desk.rows(edges) == [(name(4), name(1), "no sign"), (name(5), name(2), "p = 7.9e-90")]
    assert desk.rows(denied) == [(name(5), name(1), True, "no sign")]


def test_a_candidate_is_compared_without_an_edge(desk: Desk) -> None:
    """What is only suggested is read and compared too, or it could not be ruled out."""
    plant(desk, {}, 3)
    suggest(desk, 3, {1: 0.6})
    assert wanted(desk, 3) == [name(3), name(1)]
    assert keep(desk, read_of(1, 1), read_of(3, 3)) == 1
    assert desk.rows("select id, what from hub.changed order by id") == [(name(1), "weights"), (name(3), "weights")]


def test_a_card_is_not_copied_from_what_weights_contradict(desk: Desk) -> None:
    """The copy keeps the base that it declares where its weights are not those of the model of its name."""
    tags = ["base_model:core/ember"]
    desk.take(
        [
            desk.record(1, id="core/ember", sha=SHA, createdAt="2025-01-01T00:00:00.000Z"),
            desk.record(2, id="studio/heron-ward", sha=SHA, tags=tags, createdAt="2025-02-01T00:00:00.000Z"),
            desk.record(3, id="one/heron-ward-AWQ", sha=SHA, tags=tags, createdAt="2025-03-01T00:00:00.000Z"),
        ]
    )
    desk.derive()
    edges = "select parent from edges where child = 'one/heron-ward-AWQ'"
    assert desk.rows(edges) == [("studio/heron-ward",)]
    read = (("studio/heron-ward", 2), ("one/heron-ward-AWQ", 3))
    keep(desk, *(replace(read_of(9, seed), model=model) for model, seed in read))
    desk.derive(day=2)
    assert desk.rows(edges) == [("core/ember",)]


def test_drift_is_not_measured_from_a_contradicted_base(desk: Desk, make_score: Callable[..., Score]) -> None:
    """The row says why, stored and computed alike; with a reference that a person names, it is measured."""
    plant(desk, {2: [1], 3: [2]}, 3)
    scores = [make_score(name(1), 40), make_score(name(2), 80), make_score(name(3), 80)]
    write_scores(desk.database, scores, desk.START)
    keep(desk, read_of(1, 1), read_of(2, 4))
    desk.derive(day=2)
    against = (Against.SCORED_ANCESTOR, Against.PARENT, Against.ROOT)
    reason = f"withheld: weights contradict that it was made from {name(1)}; no other parent is known"
    for settings in (DriftSettings(), DriftSettings(margin=0.1)):
        rows = find_drift(desk.database, name(2), against, settings).rows
        assert [(row.against, row.reference, row.delta, row.reason) for row in rows] == [
            (one, name(1), None, reason) for one in against
        ]
    (below,) = find_drift(desk.database, name(3), (Against.ROOT,), DriftSettings()).rows
    assert (below.reference, below.delta) == (name(2), 0.0)
    named = find_drift(desk.database, name(2), against, DriftSettings(), reference=name(1)).rows
    assert [row.delta for row in named] == [pytest.approx(10)]


def test_what_looks_alike_is_compared_without_an_edge(desk: Desk) -> None:
    """An undeclared derivative is found among all that were read, and no edge is made of it."""
    plant(desk, {}, 8)
    assert keep(desk, *(read_of(number, 10 * number) for number in range(1, 6))) == 0
    assert keep(desk, read_of(6, 30, change=0.05), read_of(7, 70, columns=128), crawl=2) == 1
    assert desk.rows("select a, b, verdict, contradicts from weight_pairs") == [
        (name(3), name(6), "same origin", False)
    ]
    assert desk.rows("select * from edges") == []
    shown = [row[1:] for row in show_model(desk.database, name(6)).rows if row[0] == "weights"]
    assert shown == [(name(3), "same origin, p = 1.6e-89: 64 of 64 columns match on 12 rows")]
    assert list(find_relatives(desk.database, read_of(8, 30, change=0.1))) == [name(3), name(6)]
    assert find_relatives(desk.database, read_of(8, 90)) == {}


def test_a_new_reading_replaces_the_old_one(desk: Desk) -> None:
    """With its comparisons, which are made anew."""
    plant(desk, {2: [1]}, 2)
    keep(desk, read_of(1, 1), read_of(2, 1, change=0.01))
    assert keep(desk, read_of(2, 5), crawl=2) == 1
    assert desk.rows("select verdict, b_revision from weight_pairs") == [("no sign", SHA)]
    assert desk.rows("select count(*) from weight_files") == [(2,)]
    assert desk.rows("select count(*) from hub.weight_matrices") == [(4,)]


def test_the_page_lists_weights_among_the_evidence(desk: Desk) -> None:
    """Beside what declares the edge."""
    plant(desk, {2: [1]}, 2)
    keep(desk, read_of(1, 1), read_of(2, 7))
    edges = cast("dict[str, Any]", encode(find_explorer(desk.database, None)))["edges"]
    assert [piece[:4] for piece in edges["proofs"][0]] == [
        ["tag", "", "exact", 0.97],
        ["weights", "", "contradicted", 0],
    ]


DERIVED = ("edges", "contradicted_edges", "likely_parents", "links", "families", "other_roots", "reach")


def derived(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return the tables that follow from edges."""
    return {table: desk.rows(f"select * from hub.{table} order by all") for table in DERIVED}  # noqa: S608 -- ours


@pytest.mark.parametrize("seed", range(3))
def test_what_weights_say_is_derived_as_all_would_be(desk: Desk, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Where some were compared, and where they were read anew, the tables are those of a whole derivation."""
    monkeypatch.setattr(touched, "MOST_CHANGED", 1_000.0)
    chance, last = Random(seed), 14
    parents = {child: sorted(chance.sample(range(1, child), k=1 + (child % 5 == 0))) for child in range(3, last + 1)}
    plant(desk, parents, last)
    states = [derived(desk)["contradicted_edges"]]
    for crawl in range(2, 5):
        some = chance.sample(range(1, last + 1), k=last // 2)
        desk.store.take_weights([read_of(one, chance.randint(1, 2)) for one in some], [], FACTS, Spent())
        desk.store.compare_weights(crawl, desk.START)
        desk.derive(day=2 * crawl)
        found = derived(desk)
        derive(desk.database, default_lexicon(), desk.START)
        assert derived(desk) == found
        states.append(found["contradicted_edges"])
    assert any(one != other for one, other in pairwise(states[1:]))
