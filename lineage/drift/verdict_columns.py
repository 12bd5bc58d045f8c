"""Drift in columns for a table of millions of verdicts: an array each, and the texts as places in short lists.

A row says the same as one of `lineage.drift.table`. Most pairs differ from others in nothing but figures and names, so
each kind of pair is worded once, by the same functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.change import changes_of
from lineage.drift.drift_row import is_of_safety
from lineage.drift.guards import OK
from lineage.drift.measure import WithheldReason
from lineage.drift.sentences import fill_all, named_figures, sure_in_words, verdict_template
from lineage.drift.table import GUARDED, ITEMS, POINTS, SUMMARY, UNPAIRED, row_of
from lineage.output.result import known
from lineage.statistics.verdicts import CODES
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.measure import Drift, DriftInputs, DriftSettings
    from lineage.drift.table import Naming

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]
    Texts = NDArray[np.object_]

LARGEST: Final = 2**62
FLIPS: Final = ("at_risk", "worsened", "recovered")
CHANCES: Final = ("p_value", "q_value", "p_equivalence", "q_equivalence")
NO_COUNT: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn:
    """Texts that occur often: the distinct ones, and for each row the place among them (int32)."""

    texts: tuple[str, ...]
    place: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftColumns:
    """The columns of pairs, in their order, named as the fields of `DriftRow`.

    `figures` are float64, NaN for None. `counts` are int64, NO_COUNT for None. `texts` have few distinct values, those
    of `pairing` and `method` empty for None; `reason` is one text per pair.
    """

    figures: dict[str, Floats]
    counts: dict[str, Longs]
    texts: dict[str, TextColumn]
    reason: Texts


def drift_columns(drift: Drift, inputs: DriftInputs, naming: Naming, settings: DriftSettings) -> DriftColumns:
    """Return the pairs in columns; the figures are in points, as in the rows of `lineage.drift.table`."""
    templates = _templates(drift, inputs, naming, settings)
    figures, counts = _figures(drift, inputs, naming), _counts(drift)
    nodes, of_pair = np.unique(drift.pairs.reference, return_inverse=True)
    names = ["" if node < 0 else naming.id_of(node) for node in nodes.tolist()]
    reference = np.array(names, dtype=object)[of_pair]
    of_safety = np.array(
        [is_of_safety(one.instrument.construct, one.instrument.direction) for one in inputs.identities], dtype=bool
    )
    is_safety = of_safety[inputs.current.instrument[drift.pairs.row]]
    differences = "delta", "ci_low", "ci_high"
    changes = dict(zip(differences, changes_of(is_safety, *(figures[name] for name in differences)), strict=True))
    return DriftColumns(
        figures=figures,
        counts=counts,
        texts={"template": templates, "guard": _guards(drift, inputs), **_methods(drift)},
        reason=_reasons(templates, {**figures, **changes, "items": counts["items"], "reference": reference}),
    )


def _told(drift: Drift) -> Flags:
    """Return which pairs have figures: a result, even one that a guard withholds."""
    is_guarded = np.isin(drift.cause, [int(one) for one in GUARDED])
    found: Flags = (drift.verdict != CODES[Verdict.WITHHELD]) | is_guarded
    return found


def _figures(drift: Drift, inputs: DriftInputs, naming: Naming) -> dict[str, Floats]:
    is_told, pairs, value = _told(drift), drift.pairs, inputs.current.value
    shares = ("delta", "stderr", "ci_low", "ci_high", "minimum_detectable")
    return {
        **{name: np.where(is_told, getattr(drift, name) * POINTS, np.nan) for name in shares},
        **{name: np.where(is_told, getattr(drift, name), np.nan) for name in CHANCES},
        "lineage_confidence": _confidences(naming, len(pairs)),
        "value": value[pairs.row] * POINTS,
        "reference_value": np.where(pairs.reference_row < 0, np.nan, value[pairs.reference_row] * POINTS),
    }


def _counts(drift: Drift) -> dict[str, Longs]:
    is_told, pairs = _told(drift), drift.pairs
    found = {name: np.full(len(pairs), NO_COUNT, dtype=np.int64) for name in ("left_out", "clusters", *FLIPS)}
    for place, paired in drift.paired.items():
        if is_told[place]:
            found["left_out"][place] = drift.left_out[place]
        if is_told[place] and paired.clusters is not None:
            found["clusters"][place] = paired.clusters
        if is_told[place] and paired.flips is not None:
            for name in FLIPS:
                found[name][place] = getattr(paired.flips, name)
    count = np.where(np.isnan(drift.count), NO_COUNT, drift.count).astype(np.int64)
    return {**found, "items": count, "tests": np.where(is_told & (drift.tests > 0), drift.tests, NO_COUNT)}


def _methods(drift: Drift) -> dict[str, TextColumn]:
    """Return what was compared and by which test."""
    is_told = _told(drift)
    pairing, method = is_told.astype(np.int32), is_told.astype(np.int32)
    tests = {"": 0, UNPAIRED: 1}
    for place, paired in drift.paired.items():
        if is_told[place]:
            pairing[place] = 2
            method[place] = tests.setdefault(paired.method, len(tests))
    return {
        "pairing": TextColumn(texts=("", SUMMARY, ITEMS), place=pairing),
        "method": TextColumn(texts=tuple(tests), place=method),
    }


def _guards(drift: Drift, inputs: DriftInputs) -> TextColumn:
    """Return what the guards found, of each pair."""
    node = inputs.current.node[drift.pairs.row]
    nodes, of_pair = np.unique(node, return_inverse=True)
    texts = {OK: 0}
    alone = np.array([texts.setdefault(inputs.guards.of(one), len(texts)) for one in nodes.tolist()], dtype=np.int32)
    place = np.where(drift.is_guarded, 0, alone[of_pair]).astype(np.int32)
    for pair, failure in drift.guard_failures.items():
        if failure:
            place[pair] = texts.setdefault(failure, len(texts))
    return TextColumn(texts=tuple(texts), place=place)


def _templates(drift: Drift, inputs: DriftInputs, naming: Naming, settings: DriftSettings) -> TextColumn:
    """Return the template of each pair: of all pairs of one kind, the first one's."""
    _, first, kind = np.unique(_kinds(drift, inputs, naming), return_index=True, return_inverse=True)
    texts: dict[str, int] = {}
    of_kind = []
    for place in first.tolist():
        row = row_of(drift, inputs, naming, settings, place)
        of_kind.append(texts.setdefault(verdict_template(row, drift, inputs, place), len(texts)))
    return TextColumn(texts=tuple(texts), place=np.array(of_kind, dtype=np.int32)[kind])


def _kinds(drift: Drift, inputs: DriftInputs, naming: Naming) -> Longs:
    """Return a number for each pair, equal for pairs whose sentences differ only in figures and names."""
    pairs, current = drift.pairs, inputs.current
    both = pairs.row, pairs.reference_row
    mine, theirs = (current.instrument[rows].astype(np.int64) for rows in both)
    flags = [drift.is_small, drift.is_unsupported, drift.is_guarded, drift.is_noise]
    flags += [flag[rows] for flag in (current.is_reported, current.is_published, current.is_bounded) for rows in both]
    flags += [np.isnan(figure) for figure in (drift.q_value, drift.minimum_detectable, drift.count, drift.delta)]
    differing = drift.cause == WithheldReason.OTHER_IDENTITY
    numbers = (
        drift.verdict,
        drift.cause,
        drift.tests,
        _measured(inputs)[mine],
        np.where(differing, mine * len(inputs.identities) + theirs + 1, 0),
        _spelt(_confidences(naming, len(pairs))),
        _with_origins(drift, naming),
        _alone(drift),
        np.unique(drift.noise_floor, return_inverse=True)[1],
    )
    return _joined([*numbers, *flags], len(pairs))


def _measured(inputs: DriftInputs) -> Longs:
    """Return a number for each identity, equal for instruments of one kind with one error of their judges."""
    kinds: dict[tuple[object, ...], int] = {}
    found = [
        (one.instrument.construct, one.instrument.direction, one.instrument.scale, one.judge_error, one.known_error)
        for one in inputs.identities
    ]
    return np.array([kinds.setdefault(one, len(kinds)) for one in found], dtype=np.int64)


def _confidences(naming: Naming, size: int) -> Floats:
    """Return the confidence of each pair's lineage, NaN where it is declared."""
    sure = np.full(size, np.nan)
    sure[list(naming.doubts)] = list(naming.doubts.values())
    return sure


def _spelt(confidence: Floats) -> Longs:
    """Return a number for each confidence, equal for those that are written alike in sentences."""
    distinct, place = np.unique(confidence, return_inverse=True)
    codes: dict[str, int] = {}
    numbers = [codes.setdefault(sure_in_words(one), len(codes)) for one in distinct.tolist()]
    return np.array(numbers, dtype=np.int64)[place]


def _with_origins(drift: Drift, naming: Naming) -> Longs:
    """Return the reference of each pair if it was probably made from another model, else -1."""
    nodes, of_pair = np.unique(drift.pairs.reference, return_inverse=True)
    kept = [node if node >= 0 and naming.id_of(node) in naming.origins else -1 for node in nodes.tolist()]
    return np.array(kept, dtype=np.int64)[of_pair]


def _alone(drift: Drift) -> Longs:
    """Return a number of its own for each pair of whose items, guards or claims something is said, else 0."""
    is_alone = np.isin(drift.cause, [WithheldReason.GUARD, WithheldReason.CONTRADICTORY])
    is_alone[list(drift.paired)] = True
    return np.where(is_alone, np.arange(1, len(drift) + 1), 0)


def _joined(parts: Sequence[NDArray[np.generic]], size: int) -> Longs:
    """Return one number for each combination of numbers that occurs."""
    joined, count = np.zeros(size, dtype=np.int64), 1
    for part in parts:
        numbers = part.astype(np.int64)
        least = int(numbers.min(initial=0))
        values = int(numbers.max(initial=0)) - least + 1
        if count * values > LARGEST:
            joined = np.unique(joined, return_inverse=True)[1].astype(np.int64)
            count = int(joined.max(initial=0)) + 1
        joined, count = joined * values + (numbers - least), count * values
    return joined


def _reasons(templates: TextColumn, figures: Mapping[str, NDArray[np.generic]]) -> Texts:
    """Return the templates with their figures filled in."""
    found = np.empty(len(templates.place), dtype=object)
    order = np.argsort(templates.place, kind="stable")
    starts = np.searchsorted(templates.place[order], np.arange(len(templates.texts) + 1))
    for template, start, end in zip(templates.texts, starts[:-1], starts[1:], strict=True):
        places = order[start:end]
        named = {name: _listed(figures[name][places]) for name in named_figures(template)}
        found[places] = fill_all(template, named, len(places))
    return found


def _listed(figures: NDArray[np.generic]) -> list[object]:
    """Return figures as a list with None where they are unknown."""
    if figures.dtype == np.float64 and np.isnan(figures).any():
        return [known(figure) for figure in figures.tolist()]
    if figures.dtype == np.int64 and (figures == NO_COUNT).any():
        return [None if figure == NO_COUNT else figure for figure in figures.tolist()]
    return list(figures.tolist())
