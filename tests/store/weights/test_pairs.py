"""What is kept of weights, which models are still to be read, and what a comparison says on an edge."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from lineage.crawl_records import NamedModels, UnreadWeights, WantedWeights
from lineage.explorer.payload import encode
from lineage.weights.number_formats import round_to
from lineage.weights.weight_rows import KEPT_ROWS, MatrixRows, WeightRows
from store.outputs.explorer import find_explorer
from store.queries.models import show_model
from store.queries.trees import draw_tree
from store.weights.pairs import compare_new, find_relatives
from store.weights.readings import find_readings, keep_readings, list_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.store.conftest import Desk

    Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]
    Exact = Callable[[Rows], Rows]

SHA = "a" * 40


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
    tree = draw_tree(desk.database, name(1), depth=3, is_up=False, is_full=False, columns=100, is_ascii=True)
    assert [line.split()[2] for line in tree.splitlines() if "(weights: contradicted)" in line] == [name(3)]
    shown = {row[1]: row[2] for row in show_model(desk.database, name(3)).rows if row[0] == "parents"}
    assert str(shown[name(1)]).endswith(", weights: contradicted")


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
