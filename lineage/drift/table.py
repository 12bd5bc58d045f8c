"""Drift as rows for people and files: names instead of numbers, percentage points, and each verdict's sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypedDict

from lineage.drift.change import change_of, signed
from lineage.drift.drift_row import DriftRow
from lineage.drift.guards import OK
from lineage.drift.measure import WithheldReason
from lineage.drift.nearest_scored import AGAINST
from lineage.drift.plus import PLUS_OF_BOTH
from lineage.drift.sentences import figures_of, fill, verdict_template
from lineage.output.result import Result, in_points, known
from lineage.statistics.verdicts import VERDICTS
from lineage.vocabulary import Against, Relation, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lineage.drift.measure import Drift, DriftInputs, DriftSettings
    from lineage.parents.origin import Origin

POINTS: Final = 100.0
LONGEST_LINE: Final = 180
RELATIONS: Final = tuple(Relation)
SUMMARY: Final = "summary"
ITEMS: Final = "items"
UNPAIRED: Final = "unpaired z"
GUARDED: Final = frozenset({WithheldReason.GUARD, WithheldReason.UNGUARDED})
"""Reasons for which a verdict is withheld although its figures are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """The names of nodes: their ids, the id of the root of each, and the domains of each model by id.

    `doubts` is the confidence of the pairs whose lineage is inferred, by their index. `origins` has, by id, the
    references that declare no parent but were probably made from another model.
    """

    id_of: Callable[[int], str]
    root_of: Callable[[int], str]
    domains: Mapping[str, Sequence[str]]
    doubts: Mapping[int, float] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)


def drift_rows(
    drift: Drift, inputs: DriftInputs, naming: Naming, settings: DriftSettings, places: Iterable[int] | None = None
) -> Iterator[DriftRow]:
    """Yield one row per pair, in order, or per pair at one of the places."""
    for place in range(len(drift.pairs)) if places is None else places:
        row = row_of(drift, inputs, naming, settings, place)
        template = verdict_template(row, drift, inputs, place)
        yield replace(row, template=template, reason=fill(template, figures_of(row)))


def row_of(drift: Drift, inputs: DriftInputs, naming: Naming, settings: DriftSettings, place: int) -> DriftRow:
    """Return the row of a pair without its sentence."""
    pairs, current = drift.pairs, inputs.current
    row, reference_row = int(pairs.row[place]), int(pairs.reference_row[place])
    node, reference, relation = int(current.node[row]), int(pairs.reference[place]), int(pairs.relation[place])
    mine, model = inputs.identities[int(current.instrument[row])], naming.id_of(node)
    theirs = None if reference_row < 0 else inputs.identities[int(current.instrument[reference_row])]
    count = known(drift.count[place])
    reference_id = None if reference < 0 else naming.id_of(reference)
    origin = naming.origins.get(reference_id or "")
    return DriftRow(
        model=model,
        instrument=mine.key,
        name=mine.instrument.name,
        title=mine.instrument.title,
        construct=mine.instrument.construct,
        direction=mine.instrument.direction,
        scale=mine.instrument.scale,
        **mine.judge_fields,
        verdict=VERDICTS[drift.verdict[place]],
        against=None if pairs.against[place] < 0 else AGAINST[pairs.against[place]],
        reference=reference_id,
        reference_instrument=None if theirs is None else theirs.key,
        root=naming.root_of(node),
        domains=tuple(naming.domains.get(model, ())),
        relation=None if relation < 0 else RELATIONS[relation].value,
        distance=None if pairs.distance[place] < 0 else int(pairs.distance[place]),
        value=in_points(current.value[row]),
        reference_value=None if reference_row < 0 else in_points(current.value[reference_row]),
        items=None if count is None else int(count),
        guard=drift.guard_failures.get(place) or (OK if drift.is_guarded[place] else inputs.guards.of(node)),
        inferred=place in naming.doubts,
        lineage_confidence=naming.doubts.get(place),
        reference_likely_parent=None if origin is None else origin.likely_parent,
        reference_likely_confidence=None if origin is None else origin.confidence,
        margin=settings.margin * POINTS,
        alpha=settings.alpha,
        correction=settings.correction,
        **_figures(drift, place),
    )


class _Figures(TypedDict, total=False):
    """The fields of a row that hold the result; absent if no conclusion is possible."""

    delta: float | None
    stderr: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    q_value: float | None
    p_equivalence: float | None
    q_equivalence: float | None
    tests: int | None
    pairing: str | None
    method: str | None
    minimum_detectable: float | None
    noise_floor: float | None
    left_out: int | None
    clusters: int | None
    at_risk: int | None
    worsened: int | None
    recovered: int | None


def _figures(drift: Drift, place: int) -> _Figures:
    if VERDICTS[drift.verdict[place]] is Verdict.WITHHELD and drift.cause[place] not in GUARDED:
        return {}
    paired = drift.paired.get(place)
    flips = None if paired is None else paired.flips
    return {
        "delta": in_points(drift.delta[place]),
        "stderr": in_points(drift.stderr[place]),
        "ci_low": in_points(drift.ci_low[place]),
        "ci_high": in_points(drift.ci_high[place]),
        "p_value": known(drift.p_value[place]),
        "q_value": known(drift.q_value[place]),
        "p_equivalence": known(drift.p_equivalence[place]),
        "q_equivalence": known(drift.q_equivalence[place]),
        "tests": int(drift.tests[place]) or None,
        "pairing": SUMMARY if paired is None else ITEMS,
        "method": UNPAIRED if paired is None else paired.method,
        "minimum_detectable": in_points(drift.minimum_detectable[place]),
        "noise_floor": in_points(drift.noise_floor[place]),
        "left_out": None if paired is None else int(drift.left_out[place]),
        "clusters": None if paired is None else paired.clusters,
        "at_risk": None if flips is None else flips.at_risk,
        "worsened": None if flips is None else flips.worsened,
        "recovered": None if flips is None else flips.recovered,
    }


NOTEBOOK_COLUMNS: Final = (
    "model",
    "reference",
    "against",
    "instrument",
    "verdict",
    f"points ({PLUS_OF_BOTH})",
    "95 % interval",
    "q of the verdict",
    "in words",
)
RESULT_COLUMNS: Final = (
    "model",
    "reference",
    "against",
    "name",
    "verdict",
    "delta",
    "ci_low",
    "ci_high",
    "q_value",
    "p_value",
    "q_equivalence",
    "p_equivalence",
    "stderr",
    "pairing",
    "method",
    "items",
    "left_out",
    "clusters",
    "minimum_detectable",
    "noise_floor",
    "construct",
    "direction",
    "instrument",
    "reference_instrument",
    "value",
    "reference_value",
    "at_risk",
    "worsened",
    "recovered",
    "guard",
    "inferred",
    "lineage_confidence",
    "reference_likely_parent",
    "reference_likely_confidence",
    "relation",
    "distance",
    "judge",
    "judge_error",
    "judge_recall",
    "judge_false_positive_rate",
    "root",
    "domains",
    "margin",
    "alpha",
    "tests",
    "correction",
    "reason",
)


def as_result(rows: Iterable[DriftRow]) -> Result:
    """Return rows with every column, for programs; figures are percentage points except q, p, items and distance."""
    return Result(
        columns=RESULT_COLUMNS, rows=tuple(tuple(_plain(row, name) for name in RESULT_COLUMNS) for row in rows)
    )


def for_notebook(rows: Sequence[DriftRow]) -> Result:
    """Return rows for programs, which a notebook shows with the differences as people read them."""
    shown = tuple((*_names(row), row.verdict.value, *_moved(row), row.q_of_verdict, row.reason) for row in rows)
    return replace(as_result(rows), for_people=Result(columns=NOTEBOOK_COLUMNS, rows=shown))


def _names(row: DriftRow) -> tuple[str | None, ...]:
    return row.model, row.reference, None if row.against is None else row.against.value, row.label


def _moved(row: DriftRow) -> tuple[str, str]:
    """Return the difference and its interval in words, empty if there is none."""
    change = change_of(row)
    if change.delta is None or change.low is None or change.high is None:
        return "", ""
    return signed(change.delta), f"{signed(change.low)} to {signed(change.high)}"


def as_sections(rows: Iterable[DriftRow]) -> Result:
    """Return rows for people: one section per model and kind of ancestor, one line per instrument with its verdict.

    Where items were compared one by one, a second line says how many were lost and gained.
    """
    lines: list[tuple[object, ...]] = []
    for row in rows:
        first, *rest = _in_lines(f"{row.verdict.upper()}: {row.reason.removeprefix('withheld: ')}.")
        lines.append((_heading(row), row.name, first))
        lines.extend((_heading(row), "", line) for line in rest)
        if row.at_risk is not None and row.verdict is not Verdict.WITHHELD:
            lost = f"Of {row.at_risk:,} items that the ancestor got right, this model loses {row.worsened:,}"
            lines.append((_heading(row), "", f"{lost}; it gains {row.recovered:,} others."))
    return Result(columns=("model", "instrument", "verdict"), rows=tuple(lines))


def _in_lines(text: str) -> Iterator[str]:
    """Yield a sentence in parts that fit a cell, cut at its pauses."""
    line = ""
    for part in text.split("; "):
        if line and len(line) + len(part) > LONGEST_LINE:
            yield f"{line};"
            line = part
        else:
            line = f"{line}; {part}" if line else part
    yield line


def _plain(row: DriftRow, name: str) -> object:
    value = getattr(row, name)
    if isinstance(value, StrEnum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _heading(row: DriftRow) -> str:
    kinds = {Against.PARENT: "parents", Against.SCORED_ANCESTOR: "nearest scored ancestor", Against.ROOT: "root"}
    domains = f" [{', '.join(row.domains)}]" if row.domains else ""
    return f"{row.model}{domains} against {row.reference if row.against is None else kinds[row.against]}"
