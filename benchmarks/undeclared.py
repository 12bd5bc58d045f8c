"""How often the parents inferred for models that declare none are right, on models labelled by reading.

Nothing is hidden here: `labels/undeclared_parents.csv` has models whose authors declared no base, which is whom
inference is for. Precision is over the parents found for models whose label says what is right, a parent found for a
root counting as wrong; recall is over the models with a known parent. A copy of the labelled parent (fewer bits, or an
upload under the same name) and an ancestor of it count as right, and are counted apart.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scipy.stats import binomtest

from benchmarks.rig.labels import Family, Label, read_labels
from benchmarks.rig.records import SNAPSHOT
from benchmarks.rig.tables import Cell, print_machine, print_table
from benchmarks.rig.truth import run_own
from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.ingest.bulk_load import load_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


NOW: Final = datetime(2024, 7, 12, tzinfo=UTC)
RIGHT: Final = ("exact", "copy", "ancestor")
COLUMNS: Final = (
    *("labels", "models", "edges", "right", "exact", "copy", "ancestor", "wrong", "roots", "given a parent"),
    *("precision", "95 %", "with a parent", "found", "recall", "95 % ", "unjudged"),
)
Found = dict[str, tuple[str, ...]]


def main() -> None:
    """Read the database, or load the snapshot, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", type=Path, help="a database that is resolved already, instead of loading the snapshot")
    parser.add_argument("--wrong", action="store_true", help="print every parent that is wrong, and every one unjudged")
    options = parser.parse_args()
    print_machine("duckdb", "scipy")
    if options.db is None and not SNAPSHOT.exists():
        print("the snapshot of 2024-07-11 is not here: nothing to measure")
        return
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        if options.db is not None:
            database = open_database(options.db, "read")
        else:
            database = open_database(Path(folder) / "undeclared.duckdb")
            for _ in load_file(database, SNAPSHOT, default_lexicon(), NOW):
                pass
        edges = run_own(database, "list_edges")
        database.close()
    report(read_labels(), edges, is_wordy=options.wrong)


def report(labels: Sequence[Label], edges: Sequence[tuple[object, ...]], *, is_wordy: bool) -> None:
    """Print a table of all inferred edges, and one that counts vendor facts too, if there are any."""
    parents: dict[str, dict[str, str]] = defaultdict(dict)
    for child, parent, relation, _, _ in edges:
        parents[str(child)][str(parent)] = str(relation)
    family = Family(parents=parents)
    asked = {label.model for label in labels}
    told = [
        (str(edge[0]), str(edge[1]), str(edge[3]))
        for edge in edges
        if edge[0] in asked and (edge[4] or edge[3] == "curated")
    ]
    inferred = [edge for edge in told if edge[2] != "curated"]
    _print_labels(labels, family, _by_child(inferred), "every inferred edge")
    if len(inferred) < len(told):
        _print_labels(labels, family, _by_child(told), "every inferred edge and every vendor fact")
    if is_wordy:
        _print_doubtful(labels, family, told)


def _print_labels(labels: Sequence[Label], family: Family, found: Found, title: str) -> None:
    print(f"{title}, by label, stratum and half")
    print_table(COLUMNS, [_row(name, chosen, family, found) for name, chosen in _groups(labels)])


def _groups(labels: Sequence[Label]) -> Iterator[tuple[str, list[Label]]]:
    sure = [label for label in labels if label.is_sure]
    kinds: tuple[Callable[[Label], str], ...] = (lambda label: label.half, lambda label: label.stratum)
    yield "all", list(labels)
    yield "sure", sure
    for kind in kinds:
        for name in sorted({kind(label) for label in sure}):
            yield f"sure, {name}", [label for label in sure if kind(label) == name]


def _row(name: str, labels: Sequence[Label], family: Family, found: Found) -> list[Cell]:
    judged = {label.model: [family.judge(label, guess) for guess in found.get(label.model, ())] for label in labels}
    counts = Counter(verdict for verdicts in judged.values() for verdict in verdicts)
    right = sum(counts[verdict] for verdict in RIGHT)
    made = right + counts["wrong"] + counts["root"]
    known = [label for label in labels if label.has_parent]
    reached = sum(not set(RIGHT).isdisjoint(judged[label.model]) for label in known)
    return [
        name,
        len(labels),
        made,
        right,
        *(counts[verdict] for verdict in (*RIGHT, "wrong")),
        sum(label.is_root for label in labels),
        sum(label.is_root and bool(judged[label.model]) for label in labels),
        _share(right, made),
        _interval(right, made),
        len(known),
        reached,
        _share(reached, len(known)),
        _interval(reached, len(known)),
        counts["unjudged"],
    ]


def _print_doubtful(labels: Sequence[Label], family: Family, edges: Sequence[tuple[str, str, str]]) -> None:
    by_model: Mapping[str, Label] = {label.model: label for label in labels}
    for child, parent, evidence in edges:
        label = by_model[child]
        verdict = family.judge(label, parent)
        if verdict not in RIGHT:
            shown = f"{label.parent or 'a root'}{'' if label.is_sure else ', unsure'}"
            print(f"{verdict}: {child} <- {parent} ({evidence}); labelled {shown}; {label.stratum}, {label.half}")


def _by_child(edges: Sequence[tuple[str, str, str]]) -> Found:
    found: dict[str, list[str]] = defaultdict(list)
    for child, parent, _ in edges:
        found[child].append(parent)
    return {child: tuple(parents) for child, parents in found.items()}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _interval(right: int, made: int) -> str:
    if not made:
        return ""
    span = binomtest(right, made).proportion_ci(method="wilson")
    return f"{span.low:.3f}-{span.high:.3f}"


if __name__ == "__main__":
    main()
