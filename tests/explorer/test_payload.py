"""The data of a page: order of rows, codes, verdicts as the database gives them, strangers' texts neutralised."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.sentences import fill
from lineage.explorer.compression import PARENT_MARK, PARENT_SIGN, proof_sets, shown, tenths
from lineage.explorer.payload import as_json, encode
from lineage.explorer.row_order import Links, arrange
from lineage.parents.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found

EDGES = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30)


@pytest.fixture(name="payload")
def fixture_payload(make_found: Callable[[], Found]) -> dict[str, Any]:
    """Give the data of the small family, as a browser reads it."""
    payload: dict[str, Any] = json.loads(as_json(encode(make_found())))
    return payload


def links_of(edges: list[tuple[int, int]], size: int = 12) -> Links:
    """Return edges without any rank."""
    child, parent = (np.array([edge[end] for edge in edges], dtype=np.int64) for end in (0, 1))
    zeros = np.zeros(len(edges))
    return Links(
        size=size,
        child=child,
        parent=parent,
        relation=zeros.astype(int),
        confidence=zeros,
        is_inferred=zeros.astype(bool),
    )


@given(EDGES)
def test_every_model_has_one_row_below_its_parent(edges: list[tuple[int, int]]) -> None:
    """Whatever the edges, cycles too, each model has one row below its parent, one generation deeper."""
    links = links_of(edges)
    forest = arrange(links, np.zeros(12, dtype=np.int64))
    assert sorted(forest.order.tolist()) == list(range(12))
    above: dict[int, int] = {}
    for row, (node, depth, edge) in enumerate(zip(forest.order, forest.depth, forest.edge, strict=True)):
        assert forest.position[node] == row
        above[int(depth)] = int(node)
        if edge < 0:
            assert depth == 0
        else:
            assert links.child[edge] == node
            assert above[int(depth) - 1] == links.parent[edge]


@given(EDGES)
def test_only_models_without_parents_and_cycles_are_roots(edges: list[tuple[int, int]]) -> None:
    """A model that has a parent outside its cycle is no root."""
    links = links_of([(child, parent) for child, parent in edges if parent < child])
    forest = arrange(links, np.zeros(12, dtype=np.int64))
    roots = set(forest.order[forest.depth == 0].tolist())
    assert roots == set(range(12)) - set(links.child.tolist())


def test_a_declared_edge_goes_before_an_inferred_one() -> None:
    """Of two parents that are equally near the declared one is the row's parent, then the surer one."""
    edges = links_of([(2, 0), (2, 1)], 3)
    ranked = replace(edges, is_inferred=np.array([True, False]), confidence=np.array([0.9, 0.5]))
    assert arrange(ranked, np.zeros(3, dtype=np.int64)).edge.tolist().count(1) == 1
    surer = replace(edges, confidence=np.array([0.5, 0.9]))
    assert 1 in arrange(surer, np.zeros(3, dtype=np.int64)).edge.tolist()


def test_rows_stand_in_the_order_of_the_tree(payload: dict[str, Any]) -> None:
    """A model comes after its parent, the heavier branch first; other parents are told apart, outside ones by name."""
    models = payload["models"]
    assert models["id"][:3] == ["maple/base", "maple/base-Chat", "oak/base-Chat-GGUF"]
    assert models["depth"][:3] == [0, 1, 2]
    other = payload["edges"]["other"]
    names = [models["id"][row] if row >= 0 else payload["outside"][-2 - row] for row in other["parent"]]
    assert [models["id"][row] for row in other["child"]] == ["oak/base-Merge", "oak/base-Merge"]
    assert names == ["cedar/base-Med-lora", "willow/elsewhere"]


def test_a_root_that_is_likely_a_derivative_is_told(make_found: Callable[[], Found]) -> None:
    """A root has the words of the database; of any other it is said that nothing is known, and what would settle it."""
    origin = Origin(model="maple/base", likely_parent="willow/<b>", confidence=0.81)
    payload: dict[str, Any] = encode(replace(make_found(), origins={0: origin}))
    told = payload["origins"]
    assert (told["model"], told["likely"]) == ([0], [True])
    assert told["texts"][told["words"][0]] == "undeclared; likely made from willow/<b>, 0.81"
    assert payload["about"]["unknown"]["words"] == "declares no parent; none inferred"
    found = make_found()
    declared = encode(replace(found, about=replace(found.about, is_declared_only=True)))
    assert "left out" in str(declared["about"])


def test_verdicts_are_those_of_the_database(payload: dict[str, Any]) -> None:
    """Each row of drift keeps its verdict, its figures and its sentence; what is withheld has no figure."""
    drift, names = payload["drift"], payload["about"]["verdicts"]
    told = [names[code] for code in drift["verdict"]]
    assert told == ["worse", "better", "worse", "equivalent", "undecided", "withheld", "withheld"]
    assert drift["delta"][:2] == [12, -9]
    assert (drift["delta"][2], drift["low"][2], drift["high"][2]) == (-6, -10, -2), "of capability + is more able"
    assert drift["delta"][-1] is None
    assert drift["within"] == [None, None, None, 0.02, None, None, None], "only where the sentence names it"
    template = drift["templates"][drift["template"][0]]
    assert template.startswith("riskier by {delta:size} than {reference:name} ({ci_low:signed} to {ci_high:signed}; q ")


def test_chance_is_told_of_what_was_asked_for(payload: dict[str, Any], make_found: Callable[..., Found]) -> None:
    """The sentence on chance counts the tested models that were asked for, on safety; for a single one it is empty."""
    figures = "fewer than 1 worse on average, and up to 1 in 19 of 20 such lists"
    words = f"of 3 models compared, chance alone would call {figures}"
    assert payload["about"]["chance"] == dict.fromkeys(("parent", "scored_ancestor", "root"), words)
    found = make_found()
    one = encode(replace(found, is_selected=np.arange(len(found.numbers)) == 1))
    assert set(one["about"]["chance"].values()) == {""}  # type: ignore[index] # a mapping of sentences


def test_states_and_jobs_are_kept_apart(payload: dict[str, Any]) -> None:
    """Scores are measured, stale or reported; a job and a prediction are neither."""
    assert {payload["about"]["states"][code] for code in payload["scores"]["state"]} == {
        "measured",
        "stale",
        "reported",
    }
    assert payload["about"]["jobs"][payload["jobs"]["state"][0]] == "queued"
    scored, predicted = set(payload["scores"]["model"]), set(payload["predicted"]["model"])
    assert scored.isdisjoint(predicted)


def test_safety_comes_before_capability(payload: dict[str, Any]) -> None:
    """The matrix has columns about safety first, and says which ones are."""
    assert [one["safety"] for one in payload["columns"]] == [True, True, False]


def test_a_model_that_was_not_asked_for_is_marked(make_found: Callable[[], Found]) -> None:
    """Ancestors that only show where the others come from are named as such."""
    found = make_found()
    selected = np.array([one != 0 for one in range(len(found.numbers))])
    payload: Any = encode(replace(found, is_selected=selected))
    assert payload["models"]["context"] == [0]


def test_nothing_has_data_too(make_found: Callable[[], Found], make_empty: Callable[[Found], Found]) -> None:
    """A selection without models has data without models and columns."""
    payload: Any = encode(make_empty(make_found()))
    assert payload["models"]["id"] == []
    assert payload["columns"] == []


@given(st.text())
def test_shown_texts_hide_nothing(text: str) -> None:
    """No control, format or bidi character of a stranger reaches the page; the parent's mark alone becomes its sign."""
    parts = shown(text).split(PARENT_SIGN)
    assert all(part.isprintable() for part in parts)
    assert len(parts) <= text.count(PARENT_MARK) + 1


@given(st.lists(st.floats(-150, 150, allow_nan=False) | st.just(float("nan"))))
def test_figures_are_rounded_as_sentences_write_them(values: list[float]) -> None:
    """A figure of one decimal is the one of the sentence, and never a negative nothing."""
    for value, short in zip(values, tenths(np.array(values, dtype=np.float64)), strict=True):
        assert short is None or fill("{delta:signed}", {"delta": value}) == f"{short:+.1f}"
        assert short is not None or np.isnan(value)


def test_evidence_keeps_its_fields_and_is_made_safe() -> None:
    """Pieces come by number, the declared first, with hostile words neutralised and never taken for fields."""
    texts = {
        "kind": ["name", "tag", "card"],
        "relation": ["", "merge", ""],
        "resolution": ["inferred", "exact", "exact"],
        "rule": ["known name", "", ""],
        "words": ["base", "base_model:\ue000 \u202edrow", "a\x1e\x1fb"],
    }
    columns = {name: np.array(values, dtype=object) for name, values in texts.items()}
    numbers = {"proof": np.array([0, 0, 2]), "confidence": np.array([0.8, 0.97, 1.0])}
    assert proof_sets(columns | numbers) == [
        [
            ["tag", "merge", "exact", 0.97, "", "base_model:\x00 \ufffddrow", False],
            ["name", "", "inferred", 0.8, "known name", "base", True],
        ],
        [],
        [["card", "", "exact", 1.0, "", "a  b", False]],
    ]


def test_repairs_are_told_in_words_and_points(payload: dict[str, Any]) -> None:
    """Each recipe has its words once; what was not run is unknown, and the rows are those of the tree."""
    told = payload["repairs"]
    assert told["recipes"] == ["0.5 of the fine-tune's change", "0.25 of the change in attention, 1 in the rest"]
    assert (told["model"], told["recipe"], told["half"]) == ([1, 1, 1], [0, 1, 1], [0, 0, 1])
    assert (told["drift"], told["loss"], told["loss_low"]) == ([9, 1, 2], [None, 4.5, 5.5], [None, 1.5, 2.5])
    assert (told["safe"], told["chosen"], told["margin"]) == ([0, 1, 1], [0, 1, 1], [3, 3, 3])


def test_the_base_of_a_repair_is_neutralised(make_found: Callable[[], Found]) -> None:
    """The id of a base that has no row is a stranger's text too."""
    found = make_found()
    hostile = {**found.repairs, "base": np.array(["willow/\u202ebase"] * 3, dtype=object)}
    payload: dict[str, Any] = encode(replace(found, repairs=hostile))
    assert payload["repairs"]["bases"] == ["willow/\ufffdbase"]
