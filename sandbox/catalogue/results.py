"""Results that the fictional models report, over true values that drift from parent to derivative.

Every text model has a true value on every measure: a base its own, a derivative that of its parents plus a step whose
size depends on how it was made. Some models report it, with the error of the items and in the ways of real cards: in
percent, as text, in the wrong unit, copied from the parent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sandbox.hub.benchmarks import GSM8K, MMLU_PRO, SUMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.catalogue.draft import Draft, Relation
    from sandbox.hub.benchmarks import Benchmark

_BOARD: Final = "Open LLM Leaderboard"
_BOARD_ADDRESS: Final = "https://huggingface.co/spaces/open-llm-leaderboard/open_llm_leaderboard?query="
_STEPS: Final[Mapping[Relation, float]] = {"finetune": 0.06, "adapter": 0.04, "merge": 0.03, "quantized": 0.01}
_LEAST, _MOST = 0.05, 0.97


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMeasure:
    """A measure of a model index: data set, metric, how many items and examples, and where bases score on it."""

    dataset: str
    name: str
    metric: str
    split: str
    items: int
    examples: int
    level: float
    config: str | None = None


MEASURES: Final = (
    ReportedMeasure(
        dataset="truthful_qa",
        name="TruthfulQA (0-shot)",
        metric="mc2",
        split="validation",
        items=817,
        examples=0,
        level=0.5,
        config="multiple_choice",
    ),
    ReportedMeasure(
        dataset="hellaswag",
        name="HellaSwag (10-Shot)",
        metric="acc_norm",
        split="validation",
        items=10_042,
        examples=10,
        level=0.75,
    ),
    ReportedMeasure(
        dataset="cais/mmlu", name="MMLU (5-Shot)", metric="acc", split="test", items=14_042, examples=5, level=0.6,
        config="all",
    ),
)  # fmt: skip
_LEVELS: Final = {SUMS.id: 0.45, GSM8K.id: 0.55, MMLU_PRO.id: 0.4, **{each.dataset: each.level for each in MEASURES}}


def true_values(drafts: Sequence[Draft], seed: int) -> dict[str, dict[str, float]]:
    """Return the true value of every text model by id and data set, as a share; parents come before their children."""
    values: dict[str, dict[str, float]] = {}
    for draft in drafts:
        if draft.pipeline != "text-generation":
            continue
        chance = Random(f"{seed}:ability:{draft.id}")
        known = [(values[parent], relation) for parent, relation in draft.parents if parent in values]
        values[draft.id] = {}
        for dataset, level in _LEVELS.items():
            start = sum(value[dataset] for value, _ in known) / len(known) if known else chance.gauss(level, 0.08)
            step = chance.gauss(0, _STEPS[known[0][1]]) if known else 0.0
            values[draft.id][dataset] = min(max(start + step, _LEAST), _MOST)
    return values


def with_results(drafts: Sequence[Draft], seed: int) -> list[Draft]:
    """Return the drafts, some of which now report results; nothing else about them changes."""
    values = true_values(drafts, seed)
    reporting: dict[str, Draft] = {}
    for draft in drafts:
        is_ordinary = draft.oddity is None or draft.oddity.startswith("undeclared_")
        if draft.id not in values or not is_ordinary or draft.overrides or draft.readme is not None:
            reporting[draft.id] = draft
            continue
        chance = Random(f"{seed}:results:{draft.id}")
        told = _copied(draft, reporting, chance) or _on_card(draft, values[draft.id], chance)
        reporting[draft.id] = _in_files(told, values[draft.id], chance)
    return list(reporting.values())


def _is_documented(draft: Draft) -> bool:
    """Return whether a model is a base or its instruct version: these have dates, and report more often."""
    return draft.created_at is not None


def _copied(draft: Draft, reporting: Mapping[str, Draft], chance: Random) -> Draft | None:
    """Return a quantization with the card of its parent, results included; None if it does not copy."""
    parent = reporting.get(draft.parents[0][0]) if draft.parents and draft.parents[0][1] == "quantized" else None
    index = (parent.card or {}).get("model-index") if parent is not None else None
    if index is None or chance.random() < 0.5:  # noqa: PLR2004 - half of the quantizers copy
        return None
    return replace(draft, card={**(draft.card or {}), "model-index": index})


def _on_card(draft: Draft, values: Mapping[str, float], chance: Random) -> Draft:
    """Return a draft whose card has a model index: most as the leaderboard wrote it, some by hand."""
    if draft.card is None or chance.random() > (0.8 if _is_documented(draft) else 0.4):
        return draft
    by_hand = chance.random() < 0.25  # noqa: PLR2004 - a quarter
    results = [_result(draft, each, values[each.dataset], chance, by_hand=by_hand) for each in MEASURES]
    return replace(draft, card={**draft.card, "model-index": [{"name": draft.name, "results": results}]})


def _result(
    draft: Draft, measure: ReportedMeasure, value: float, chance: Random, *, by_hand: bool
) -> dict[str, object]:
    measured = _measured(value, measure.items, chance)
    dataset: dict[str, object] = {"name": measure.name, "type": measure.dataset, "split": measure.split}
    if measure.config is not None:
        dataset["config"] = measure.config
    told: object = _as_people_write(measured, chance) if by_hand else round(100 * measured, 2)
    result: dict[str, Any] = {
        "task": {"type": "text-generation", "name": "Text Generation"},
        "dataset": dataset | {"args": {"num_few_shot": measure.examples}},
        "metrics": [{"type": measure.metric, "value": told}],
    }
    if not by_hand:
        result["source"] = {"url": f"{_BOARD_ADDRESS}{draft.id}", "name": _BOARD}
    return result


def _as_people_write(share: float, chance: Random) -> object:
    """Return a value as a card may have it: a number in either unit, or a text that may be a number."""
    percent = round(100 * share, 2)
    ways = (percent, f"{percent}%", f"{percent}", round(share, 4), f"{percent} +/- 1.2", [percent], None)
    return chance.choices(ways, (8, 2, 2, 3, 1, 1, 1))[0]


def _in_files(draft: Draft, values: Mapping[str, float], chance: Random) -> Draft:
    """Return a draft with `.eval_results`, and what the Hub makes of them: author's, verified, community's, refused."""
    entries: list[dict[str, object]] = []
    files: list[tuple[str, bytes]] = []
    for benchmark in (SUMS, GSM8K, MMLU_PRO):
        if chance.random() < (0.7 if _is_documented(draft) else 0.2):
            entry = _entry(benchmark, values[benchmark.id], chance)
            entries.append(entry)
            if "pullRequest" not in entry:
                files.append((str(entry["filename"]), json.dumps([entry["data"]]).encode()))
    if entries and chance.random() < 0.1:  # noqa: PLR2004 - a tenth have a file that the Hub refuses
        entries.append({"filename": ".eval_results/notes.yaml", "error": "the file is not a list of results"})
    if not entries:
        return draft
    return replace(draft, overrides={"evalResults": entries}, files=(*draft.files, *files))


def _entry(benchmark: Benchmark, value: float, chance: Random) -> dict[str, object]:
    (task,) = benchmark.tasks
    measured = _measured(value, benchmark.items, chance)
    data: dict[str, object] = {
        "dataset": {"id": benchmark.id, "task_id": task},
        "value": round(measured, 4) if benchmark.kind == "share" else round(100 * measured, 2),
        "date": f"2026-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}",
    }
    kind = chance.choices(("author", "verified", "community"), (6, 2, 2))[0]
    entry: dict[str, object] = {"filename": f".eval_results/{task}.yaml", "verified": kind == "verified", "data": data}
    if kind == "community":
        return entry | {"pullRequest": chance.randint(1, 90)}
    return entry


def _measured(value: float, items: int, chance: Random) -> float:
    """Return the share of items answered correctly, for a true value."""
    error = (value * (1 - value) / items) ** 0.5
    return round(min(max(chance.gauss(value, error), 0.0), 1.0) * items) / items
