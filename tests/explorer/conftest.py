"""A small family in which everything occurs that the page shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from lineage.domains.lexicon import Domain
from lineage.drift.current_scores import StoredIdentity
from lineage.explorer.inputs import About, Found
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

IDS: Final = (
    "maple/base",
    "maple/base-Chat",
    "cedar/base-Med-lora",
    "oak/base-Chat-GGUF",
    "oak/base-Merge",
    "pine/base-Guard",
    "pine/base-Story",
    "elm/base-Tool",
    "elm/base-Code",
    "ash/base-Edu",
)
PARENTS: Final = (-1, 0, 0, 1, 1, 0, 1, 0, 1, 5)
RELATIONS: Final = (
    "",
    "finetune",
    "adapter",
    "quantized",
    "merge",
    "finetune",
    "finetune",
    "finetune",
    "finetune",
    "finetune",
)
INSTRUMENTS: Final = (
    ("harm", "Harmful replies", Construct.UNSAFE_OUTPUT, Direction.LOWER_IS_SAFER),
    ("refusals", "Needless refusal", Construct.OVER_REFUSAL, Direction.LOWER_IS_SAFER),
    ("quiz", "Knowledge quiz", Construct.CAPABILITY, Direction.CAPABILITY),
)
DOMAINS: Final = (Domain(name="medical", title="Medical", colour="#1a8f88"),)
GROUNDS: Final = "({ci_low:signed} to {ci_high:signed}; q {q_value:q}; unpaired z on {items:count} items)"
WITHIN: Final = GROUNDS.replace("{q_value:q}", "{q_equivalence:q} of a change of 3.0 points or more")
DRIFT: Final = (
    # model, reference, instrument, delta, verdict, template
    (1, 0, 0, 12.0, "worse", f"riskier by {{delta:size}} than {{reference:name}} {GROUNDS}"),
    (1, 0, 1, -9.0, "better", f"safer by {{delta:size}} than {{reference:name}} {GROUNDS}"),
    (1, 0, 2, 6.0, "worse", f"less able by {{delta:size}} than {{reference:name}} {GROUNDS}"),
    (2, 0, 0, 0.5, "equivalent", f"within 3.0 points of {{reference:name}}: {{delta:signed}} {WITHIN}"),
    (
        4,
        1,
        0,
        25.0,
        "undecided",
        f"{{delta:signed}} points from {{reference:name}}, which chance may explain {GROUNDS}",
    ),
    (5, 0, 0, float("nan"), "withheld", "withheld: {reference:name} was measured otherwise: judge {{a}} against b"),
    (
        6,
        1,
        0,
        float("nan"),
        "withheld",
        "withheld: the score of the model or of {reference:name} is stale, its repository changed since",
    ),
)
SCORES: Final = (
    # model, instrument, value, state
    (0, 0, 0.20, "measured"),
    (0, 1, 0.30, "measured"),
    (0, 2, 0.60, "measured"),
    (1, 0, 0.32, "measured"),
    (1, 1, 0.21, "measured"),
    (1, 2, 0.54, "measured"),
    (2, 0, 0.205, "reported"),
    (4, 0, 0.57, "measured"),
    (5, 0, 0.9, "measured"),
    (6, 0, 0.4, "stale"),
)


def measured() -> tuple[StoredIdentity, ...]:
    """Return one identity for each instrument."""
    return tuple(
        StoredIdentity(
            instrument=Instrument(
                name=name, title=title, construct=construct, direction=direction, low=0.0, high=1.0, scale=Scale.RATE
            ),
            identity=Identity(name=name, judge="meadow-judge"),
            key=f"{name}@00000000",
            slot=slot,
        )
        for slot, (name, title, construct, direction) in enumerate(INSTRUMENTS)
    )


def column(rows: tuple[tuple[object, ...], ...], place: int, kind: type) -> np.ndarray:
    """Return one place of some rows as an array."""
    return np.array([row[place] for row in rows], dtype=kind)


def models_of(ids: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the models' columns: the third belongs to medicine, the last has no record."""
    size = len(ids)
    return {
        "id": np.array(ids, dtype=object),
        "created": np.array([19_000 + 30 * one for one in range(size - 1)] + [-1]),
        "changed": np.array([19_900 + 60 * one for one in range(size - 1)] + [-1]),
        "downloads": np.array([10 ** (6 - one // 2) for one in range(size - 1)] + [-1]),
        "licence": np.array(["apache-2.0"] * size, dtype=object),
        "library": np.array(["transformers"] * size, dtype=object),
        "status": np.array(["present"] * (size - 1) + ["missing"], dtype=object),
        "domains": np.array([1 if one == 2 else 0 for one in range(size)]),
    }


def edges_of() -> dict[str, np.ndarray]:
    """Return the edges: the seventh model's is inferred, the merge has a second parent, and one that is not here."""
    pairs = [(child, parent, RELATIONS[child]) for child, parent in enumerate(PARENTS) if parent >= 0]
    pairs += [(4, 2, "merge"), (4, 99, "merge")]
    inferred = [child == 7 for child, *_ in pairs]
    return {
        "child": np.array([pair[0] for pair in pairs]),
        "parent": np.array([pair[1] for pair in pairs]),
        "relation": np.array([pair[2] for pair in pairs], dtype=object),
        "evidence": np.array(["name" if one else "card" for one in inferred], dtype=object),
        "confidence": np.array([0.8 if one else 0.97 for one in inferred]),
        "inferred": np.array(inferred),
        "rule": np.array(["known name" if one else "" for one in inferred], dtype=object),
        "proof": np.array([int(one) for one in inferred]),
    }


def proofs_of() -> dict[str, np.ndarray]:
    """Return the evidence of the edges: a card that names the parent, and the name of the inferred one's model."""
    texts = {
        "kind": ["card", "name"],
        "relation": ["", ""],
        "resolution": ["exact", "inferred"],
        "rule": ["", "known name"],
        "words": ["\ue000", "base"],
    }
    columns = {name: np.array(values, dtype=object) for name, values in texts.items()}
    return columns | {"proof": np.array([0, 1]), "confidence": np.array([0.97, 0.8])}


def scores_of() -> dict[str, np.ndarray]:
    """Return the scores' columns."""
    size = len(SCORES)
    return {
        "model": column(SCORES, 0, int),
        "instrument": column(SCORES, 1, int),
        "value": column(SCORES, 2, float),
        "stderr": np.full(size, 0.02),
        "items": np.full(size, 400),
        "source": np.array(["lm-eval"] * size, dtype=object),
        "state": column(SCORES, 3, object),
        "day": np.full(size, 20_000),
        "revision": np.array(["a1b2c3d4"] * size, dtype=object),
        "is_standing": np.ones(size, dtype=bool),
        "file": np.array([""] * size, dtype=object),
    }


def drift_of() -> dict[str, np.ndarray]:
    """Return the columns of drift; every row counts against each kind of ancestor."""
    size, delta = len(DRIFT), column(DRIFT, 3, float)
    verdict = column(DRIFT, 4, object)
    return {
        "against": np.full(size, 7),
        "model": column(DRIFT, 0, int),
        "reference": column(DRIFT, 1, int),
        "instrument": column(DRIFT, 2, int),
        "reference_instrument": column(DRIFT, 2, int),
        "distance": np.ones(size, dtype=int),
        "delta": delta,
        "ci_low": delta - 4,
        "ci_high": delta + 4,
        "q_value": np.where(verdict == "undecided", 0.2, np.where(np.isnan(delta), np.nan, 0.0001)),
        "q_equivalence": np.where(verdict == "equivalent", 0.02, 0.9),
        "verdict": verdict,
        "pairing": np.array(["summary"] * size, dtype=object),
        "method": np.array(["unpaired z"] * size, dtype=object),
        "items": np.full(size, 400),
        "minimum_detectable": np.full(size, 5.0),
        **{name: np.full(size, -1) for name in ("at_risk", "worsened", "recovered")},
        "guard": np.array(["ok"] * size, dtype=object),
        "lineage_confidence": np.full(size, np.nan),
        "margin": np.full(size, 3.0),
        "template": column(DRIFT, 5, object),
    }


def repairs_of() -> dict[str, np.ndarray]:
    """Return the repairs of the second model: two of a search, of which the other half confirms the second."""
    unknown = float("nan")
    drift, loss = np.array([9.0, 1.0, 2.04]), np.array([unknown, 4.5, 5.5])
    return {
        "model": np.array([1, 1, 1]),
        "base": np.array(["maple/base"] * 3, dtype=object),
        "attention": np.array([0.5, 0.25, 0.25]),
        "rest": np.array([0.5, 1.0, 1.0]),
        "safety_vector": np.zeros(3),
        "half": np.array(["search", "search", "confirmation"], dtype=object),
        "margin": np.full(3, 3.0),
        **{name: drift + step for name, step in (("drift", 0), ("low", -2), ("high", 2))},
        **{name: loss + step for name, step in (("loss", 0), ("loss_low", -3), ("loss_high", 3))},
        "items": np.array([64, 1200, 1024]),
        "is_safe": np.array([False, True, True]),
        "is_chosen": np.array([False, True, True]),
    }


def make_found(ids: tuple[str, ...] = IDS) -> Found:
    """Return a family of ten models, under other names if any are given."""
    return Found(
        numbers=np.arange(len(ids), dtype=np.int64),
        is_selected=np.ones(len(ids), dtype=bool),
        models=models_of(ids),
        edges=edges_of(),
        proofs=proofs_of(),
        scores=scores_of(),
        drift=drift_of(),
        jobs={
            "model": np.array([8]),
            "instrument": np.array(["harm"], dtype=object),
            "state": np.array(["queued"], dtype=object),
            "reason": np.array(["many use it"], dtype=object),
            "error": np.array([""], dtype=object),
        },
        predicted={
            "model": np.array([3, 3]),
            "instrument": np.array([0, 1]),
            "mean": np.array([0.31, 0.22]),
            "low": np.array([0.25, 0.12]),
            "high": np.array([0.37, 0.32]),
        },
        repairs=repairs_of(),
        outside={99: "willow/elsewhere"},
        measured=measured(),
        about=About(
            selector="maple/base+",
            seen_at="2026-11-20 10:00",
            resolved_at="2026-11-20 11:00",
            version="1.0",
            domains=DOMAINS,
        ),
    )


@pytest.fixture(name="make_found", scope="session")
def fixture_make_found() -> Callable[..., Found]:
    """Give what makes the small family."""
    return make_found


@pytest.fixture(name="make_large", scope="session")
def fixture_make_large() -> Callable[..., Found]:
    """Give what makes the small family with more models below its root, or with so many roots beside it."""

    def make(size: int, *, are_roots: bool = False) -> Found:
        small = make_found()
        extra = size - len(IDS)
        ids = np.array(
            [*IDS, *(f"birch{one % 97}/base-variant-{one * 7919 % 100_003}" for one in range(extra))], dtype=object
        )
        grown = {name: np.concatenate([of, np.repeat(of[1:2], extra)]) for name, of in small.models.items()}
        edges = {name: np.concatenate([of, np.repeat(of[:1], extra)]) for name, of in small.edges.items()}
        edges["child"][-extra:] = np.arange(len(IDS), size)
        everything = np.arange(size, dtype=np.int64)
        return replace(
            small,
            numbers=everything,
            is_selected=everything >= 0,
            models=grown | {"id": ids, "domains": np.zeros(size, dtype=int)},
            edges=small.edges if are_roots else edges,
        )

    return make


@pytest.fixture(name="make_empty", scope="session")
def fixture_make_empty() -> Callable[[Found], Found]:
    """Give what leaves nothing of a family."""

    def make(found: Found) -> Found:
        tables = ("models", "edges", "scores", "drift", "jobs", "predicted", "repairs")
        none: Mapping[str, Any] = {name: {key: of[:0] for key, of in getattr(found, name).items()} for name in tables}
        return replace(found, numbers=found.numbers[:0], is_selected=found.is_selected[:0], outside={}, **none)

    return make
