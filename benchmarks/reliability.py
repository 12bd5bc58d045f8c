"""How far inferred parents can be trusted: declared edges are hidden, recovered by the rules, and compared.

The listing has no numbers of weights; the whole records of 8,650 of its models, loaded after it, have them.

There are two ways of hiding: half of the models that declare one parent, and all models of half of the authors, which
is harder and closer to what the rules are for, because most models without a declared parent are by authors who never
declare one. Halves are drawn by a hash. One half of what was hidden fits the figures of
`lineage/parents/reliability.yaml` (`--write`), the tables report on the other.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import yaml
from scipy.stats import binomtest

from benchmarks.rig.records import SNAPSHOT, SNAPSHOT_RECORDS, write_whole_records
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table
from benchmarks.rig.truth import Truth, is_namesake, read_truth, run_own
from lineage.domains.lexicon_file import default_lexicon
from lineage.parents.reliability import HitRate, Reliability, default_reliability
from store.connect import open_database
from store.derive.inferred_parents import collect_forms, collect_subjects, guess_parents, learn, list_uploads
from store.derive.touched import touch_all
from store.ingest.bulk_load import load_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from lineage.parents.habits import Guess
    from lineage.parents.reliability import InferredParent
    from store.database import Database

OUTPUT: Final = Path(__file__).resolve().parents[1] / "lineage" / "parents" / "reliability.yaml"
NOW: Final = datetime(2024, 7, 12, tzinfo=UTC)
WAYS: Final = ("models", "authors")
THRESHOLDS: Final = (0.97, 0.95, 0.93, 0.9, 0.85, 0.8, 0.7, 0.5, 0.0)
RELATIONS: Final = ("finetune", "adapter", "quantized")
JUDGED: Final = {
    "readme": 0.95,
    "weights": 0.95,
    "local path": 0.5,
    "name or path": 0.95,
    "same weights": 0.95,
    "same shape": 0.95,
}
BY_HABIT: Final = frozenset({"known name", "fingerprint", "known base", "shape"})
READINGS: Final = Path(__file__).parent / "labels" / "rule_readings.csv"
READ: Final = frozenset({"own base", "known base", "shape"})
"""Rules of which every author counts once in a case, and a case that was not measured is worth nothing."""
Key = TypeVar("Key")
Guesses = dict[str, tuple["Guess", ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One way of hiding: who was hidden, and the guesses for those that got any."""

    hidden: frozenset[str]
    guesses: Guesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One suggestion that was read: the guess, all guesses for its model, and whether its parent is right."""

    guess: Guess
    guesses: tuple[Guess, ...]
    is_right: bool


def main() -> None:
    """Hide, recover, fit and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, help="a database that is resolved already, instead of loading the snapshot")
    parser.add_argument("--write", action="store_true", help=f"write {OUTPUT.name}")
    parser.add_argument("--wrong", type=int, default=0, help="print so many wrong and twice as many right edges")
    options = parser.parse_args()
    print_machine("duckdb", "scipy")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        database = open_database(options.db or Path(folder) / "reliability.duckdb")
        if options.db is None:
            if not SNAPSHOT.exists():
                print("the snapshot of 2024-07-11 is not here: nothing to measure")
                return
            write_whole_records(Path(folder) / "whole.jsonl")
            for path in (SNAPSHOT, Path(folder) / "whole.jsonl"):
                for _ in load_file(database, path, default_lexicon(), NOW):
                    pass
        touch_all(database)
        collect_forms(database)
        truth = read_truth(database)
        alone = measure_by_themselves(database, truth)
        recoveries = {way: recover(database, truth, way) for way in WAYS}
        readings = read_readings(database)
        database.close()
    fitted = fit(truth, recoveries, alone, readings)
    report(truth, recoveries, fitted, options.wrong)
    if options.write:
        write(fitted, recoveries)


def measure_by_themselves(database: Database, truth: Truth) -> dict[tuple[str, str], HitRate]:
    """Return how often the rules that need no hiding are right; they are weighed with no others.

    A plain tag that is another model's id names a declared parent (copies are left out); a famous model's name under
    another author is a copy of that model.
    """
    collect_subjects(database)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for child, parent, relation in run_own(database, "list_plain_tags"):
        if str(child) in truth.parents:
            tally = counts["plain tag", "merge" if relation == "merge" else "other"]
            tally[0] += 1
            tally[1] += str(parent) in truth.parents[str(child)]
    for child, parent, case, _, _ in list_uploads(database):
        if child in truth.parent:
            for key in (case, ""):
                counts["re-upload", key][0] += 1
                counts["re-upload", key][1] += truth.is_right(child, parent, ("re-upload",))
    print("what needs no hiding, of models that declare a parent")
    figures = ((*key, made, right) for key, (made, right) in sorted(counts.items()))
    rows = [
        (rule, case, made, right, _share(right, made), _interval(right, made)) for rule, case, made, right in figures
    ]
    print_table(("rule", "case", "guesses", "right", "precision", "95 %"), rows)
    return _measured(counts)


def recover(database: Database, truth: Truth, way: str) -> Recovery:
    """Hide half of the declared edges and let the rules guess them."""
    hidden = frozenset(child for child in truth.parent if _half(child if way == "models" else child.split("/")[0]))
    start = clock()
    collect_subjects(database, hidden)
    every = dict(guess_parents(database, learn(database)))
    seconds = since(start)[0]
    print(f"hiding by {way}: {len(hidden):,} hidden, guesses for {len(every):,} models in {seconds:.0f} s", flush=True)
    return Recovery(hidden=hidden, guesses={child: found for child, found in every.items() if child in hidden})


def read_readings(database: Database) -> tuple[Reading, ...]:
    """Return what was read of the suggestions for undeclared models, with what the rules suggest for them today.

    A suggestion that the rules no longer make is left out.
    """
    collect_subjects(database)
    return match_readings(dict(guess_parents(database, learn(database))))


def match_readings(every: Mapping[str, tuple[Guess, ...]]) -> tuple[Reading, ...]:
    """Return the readings whose suggestion is among the guesses for the model."""
    with READINGS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    found = tuple(
        Reading(guess=guess, guesses=every[row["model"]], is_right=row["right"] == "1")
        for row in rows
        for guess in every.get(row["model"], ())
        if (guess.rule, guess.parent) == (row["rule"], row["parent"])
    )
    print(f"of {len(rows)} suggestions that were read the rules still make {len(found)}", flush=True)
    return found


def fit(
    truth: Truth,
    recoveries: Mapping[str, Recovery],
    alone: Mapping[tuple[str, str], HitRate],
    readings: Sequence[Reading],
) -> Reliability:
    """Return the share of right guesses by rule and case, then by combination, on the half for fitting.

    Rules about the habits of strangers are measured where authors were hidden, all others where models were. A case
    whose suggestions were read is measured by that alone: who declares a parent differs from who does not, and a copy
    often declares what its original was made from. Rules for models without the tags of training count each author once
    in a case; a case of theirs that was not measured is worth nothing.
    """
    read = {(reading.guess.rule, reading.guess.case) for reading in readings}
    first = Reliability(
        threshold=0, cases=_measure_cases(truth, recoveries, readings, read), combinations={}, judged=JUDGED
    )
    combinations: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for reading in readings:
        found = first.conclude(reading.guesses)
        if found is not None and found.parent == reading.guess.parent:
            combinations[found.combination][0] += 1
            combinations[found.combination][1] += reading.is_right
    for way, child, guesses in _fitted(recoveries):
        found = first.conclude(guesses)
        if found is None or any((one.rule, one.case) in read for one in guesses if one.parent == found.parent):
            continue
        if BY_HABIT.issuperset(found.rules) == (way == "authors"):
            combinations[found.combination][0] += 1
            combinations[found.combination][1] += truth.is_right(child, found.parent, found.rules)
    return Reliability(
        threshold=default_reliability().threshold,
        cases={**first.cases, **alone},
        combinations=_measured(combinations),
        judged=JUDGED,
    )


def _measure_cases(
    truth: Truth, recoveries: Mapping[str, Recovery], readings: Sequence[Reading], read: AbstractSet[tuple[str, str]]
) -> dict[tuple[str, str], HitRate]:
    cases: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    seen: set[tuple[str, str, str]] = set()
    for way, child, guesses in _fitted(recoveries):
        for guess in guesses:
            key = (child.split("/")[0], guess.rule, guess.case)
            is_counted = guess.rule in READ and key in seen
            if (guess.rule, guess.case) in read or is_counted or (guess.rule in BY_HABIT) != (way == "authors"):
                continue
            seen.add(key)
            for case in (guess.case,) if guess.rule in READ else (guess.case, ""):
                cases[guess.rule, case][0] += 1
                cases[guess.rule, case][1] += truth.is_right(child, guess.parent, (guess.rule,))
    for reading in readings:
        tally = cases[reading.guess.rule, reading.guess.case]
        tally[0] += 1
        tally[1] += reading.is_right
    return _measured(cases)


def report(truth: Truth, recoveries: Mapping[str, Recovery], fitted: Reliability, wrong: int) -> None:
    """Print the tables on the half that the figures were not fitted on."""
    _print_rules(truth, recoveries)
    for way, recovery in recoveries.items():
        asked = sorted(child for child in recovery.hidden if not _is_for_fitting(child))
        found = {child: fitted.conclude(recovery.guesses.get(child, ())) for child in asked}
        sure = {child: one for child, one in found.items() if one is not None}
        print(f"hidden by {way}: {len(asked):,} edges; with a guess {len(sure):,}")
        rows = [_threshold_row(truth, asked, sure, threshold) for threshold in THRESHOLDS]
        shares = [f"{name} of {what}" for what in RELATIONS for name in ("precision", "recall")]
        print_table(("from", "recovered", "right", "precision", "95 %", "recall", "letter by letter", *shares), rows)
        _print_examples(truth, sure, fitted.threshold, wrong)


def _threshold_row(truth: Truth, asked: list[str], sure: Mapping[str, InferredParent], threshold: float) -> list[Cell]:
    taken = {child: one for child, one in sure.items() if one.confidence >= threshold}
    right = {child for child, one in taken.items() if truth.is_right(child, one.parent, one.rules)}
    exact = sum(truth.parent[child] == one.parent for child, one in taken.items())
    shares: list[Cell] = []
    for relation in RELATIONS:
        of_kind = [child for child in taken if truth.relation[child] == relation]
        all_of_kind = sum(truth.relation[child] == relation for child in asked)
        good = len(right.intersection(of_kind))
        shares.extend((_share(good, len(of_kind)), _share(good, all_of_kind)))
    return [
        f"{threshold:.2f}",
        len(taken),
        len(right),
        _share(len(right), len(taken)),
        _interval(len(right), len(taken)),
        _share(len(right), len(asked)),
        _share(exact, len(taken)),
        *shares,
    ]


def _print_rules(truth: Truth, recoveries: Mapping[str, Recovery]) -> None:
    rows: list[list[Cell]] = []
    for way, recovery in recoveries.items():
        counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for child, guesses in recovery.guesses.items():
            if not _is_for_fitting(child):
                for guess in guesses:
                    tally = counts[guess.rule]
                    tally[0] += 1
                    tally[1] += truth.is_right(child, guess.parent, (guess.rule,))
                    tally[2] += is_namesake(guess.parent, truth.parent[child])
        for rule, (made, right, namesakes) in sorted(counts.items()):
            rows.append([way, rule, made, right, made - right, namesakes, _share(right, made), _interval(right, made)])
    print("each rule alone, whatever its case")
    print_table(("hidden by", "rule", "recovered", "right", "wrong", "of namesakes", "precision", "95 %"), rows)


def _print_examples(truth: Truth, sure: Mapping[str, InferredParent], threshold: float, wrong: int) -> None:
    taken = sorted((child for child, one in sure.items() if one.confidence >= threshold), key=_number)
    bad = [child for child in taken if not truth.is_right(child, sure[child].parent, sure[child].rules)]
    good = [child for child in taken if child not in set(bad)]
    for title, children in (("right", good[: 2 * wrong]), ("wrong", bad[:wrong])):
        for child in children:
            one = sure[child]
            declared = truth.parent[child]
            print(f"{title}: {child} <- {one.parent} ({one.combination}, {one.confidence:.3f}); declared {declared}")


def write(fitted: Reliability, recoveries: Mapping[str, Recovery]) -> None:
    """Write the data file that `lineage.parents.reliability` reads."""
    rules: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for (rule, case), measured in sorted(fitted.cases.items()):
        rules[rule][case] = [measured.guesses, measured.right]
    sample = ", ".join(
        f"{sum(map(_is_for_fitting, found.hidden)):,} hidden by {way}" for way, found in recoveries.items()
    )
    content = {
        "written": datetime.now(UTC).date().isoformat(),
        "source": f"the Hub's listing of 2024-07-11, {SNAPSHOT_RECORDS:,} models; fitted on {sample}",
        "threshold": fitted.threshold,
        "judged": dict(JUDGED),
        "rules": dict(rules),
        "combinations": {
            name: [measured.guesses, measured.right] for name, measured in sorted(fitted.combinations.items())
        },
    }
    head = "# Written by benchmarks/reliability.py --write. Each case: how often it was guessed, how often rightly.\n"
    OUTPUT.write_text(head + yaml.safe_dump(content, sort_keys=False, width=120, default_flow_style=None), "utf-8")
    print(f"wrote {OUTPUT.name}")


def _fitted(recoveries: Mapping[str, Recovery]) -> Iterator[tuple[str, str, tuple[Guess, ...]]]:
    for way, recovery in recoveries.items():
        for child, guesses in recovery.guesses.items():
            if _is_for_fitting(child):
                yield way, child, guesses


def _measured(counts: Mapping[Key, list[int]]) -> dict[Key, HitRate]:
    return {key: HitRate(guesses=made, right=right) for key, (made, right) in counts.items()}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _interval(right: int, made: int) -> str:
    if not made:
        return ""
    found = binomtest(right, made).proportion_ci(method="wilson")
    return f"{found.low:.3f}-{found.high:.3f}"


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _half(text: str) -> bool:
    return _number(text) % 2 == 1


def _is_for_fitting(child: str) -> bool:
    return _number(f"half {child}") % 2 == 0


if __name__ == "__main__":
    main()
