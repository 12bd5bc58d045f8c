"""Count what makes a code base easy or hard to find one's way in: `python tests/style/house.py [CHECKOUT ...]`.

Prints one row per figure and one column per checkout, so that two states of the project can be compared. The style
tests hold the limits; this program only counts. It reads files and imports nothing of the project.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHIPPED: Final = ("cli.py", "crawler", "evaluation", "lineage", "sandbox", "store")
PACKAGES: Final = SHIPPED[1:]
# The records that a job and a score pass through, as `file:class`, in the first layout of the project and in this one.
# A walk is as long as the number of them that exist; readers of two formats both count.
WALK_OF_A_JOB: Final = (
    *("lineage/scheduling/plan.py:Job", "lineage/jobs.py:Wanted", "lineage/jobs.py:Work", "lineage/jobs.py:Job"),
    *("evaluation/work.py:Task", "evaluation/messages.py:Order"),
    *("lineage/scheduling/job.py:JobSpec", "lineage/scheduling/plan.py:PlannedJob", "lineage/scheduling/job.py:Job"),
)
WALK_OF_A_SCORE: Final = (
    *("evaluation/imports/documents.py:Node", "evaluation/imports/fields.py:Fields"),
    *("evaluation/imports/lm_eval_samples.py:Samples", "evaluation/imports/lm_eval_tasks.py:Metric"),
    *("evaluation/imports/lm_eval_run.py:Run", "evaluation/imports/reading.py:FileScores", "lineage/scores.py:Score"),
    *("store/scores.py:Written", "lineage/standings.py:Standings", "lineage/climbing.py:ScoreIndex"),
    *("lineage/climbing.py:Questions", "lineage/climbing.py:Answers", "lineage/references.py:References"),
    *("lineage/pairs.py:Pairs", "lineage/drift.py:Evidence", "lineage/statistics/comparison.py:Comparisons"),
    *("lineage/statistics/comparison.py:Comparison", "lineage/drift.py:Drift", "lineage/verdict_sentences.py:Facts"),
    *("lineage/drift_rows.py:DriftRow", "store/drifting.py:DriftFound", "lineage/answers.py:Answer"),
    *("evaluation/json_node.py:Node", "evaluation/imports/every_eval_ever_records.py:Fields"),
    *("evaluation/imports/lm_eval_results.py:HarnessRun", "evaluation/imports/lm_eval_results.py:Metric"),
    *("evaluation/imports/lm_eval_samples.py:TaskSamples", "evaluation/imports/interface.py:FileScores"),
    *("lineage/scores/score.py:Score", "lineage/drift/current_scores.py:CurrentScores"),
    *("lineage/drift/nearest_scored.py:ScorePairs", "lineage/drift/measure.py:DriftInputs"),
    *("lineage/drift/measure.py:Drift", "lineage/drift/drift_row.py:DriftRow", "store/drift/measure.py:DriftFound"),
    "lineage/output/result.py:Result",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The Python files of a checkout: syntax trees by path relative to it, and the lines of each file."""

    root: Path
    trees: dict[Path, ast.Module]
    lines: dict[Path, int]


def read_house(root: Path) -> House:
    """Read every Python file that the wheel of a checkout carries."""
    files = [root / "cli.py", *(path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))]
    texts = {path.relative_to(root): path.read_text("utf-8") for path in files}
    return House(
        root=root,
        trees={path: ast.parse(text) for path, text in texts.items()},
        lines={path: len(text.splitlines()) for path, text in texts.items()},
    )


def shared_class_names(house: House) -> dict[str, list[str]]:
    """Return the class names that stand for more than one class, with the files that define them."""
    places = defaultdict(list)
    for path, tree in house.trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path))
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def flat_modules(house: House) -> dict[str, int]:
    """Return how many modules lie directly in each package, `__init__.py` not counted."""
    parents = Counter(path.parent.as_posix() for path in house.trees if path.name != "__init__.py")
    return {package: parents[package] for package in PACKAGES}


def folder_sizes(house: House) -> dict[str, int]:
    """Return how many modules each folder holds, `__init__.py` not counted."""
    sizes = Counter(path.parent.as_posix() for path in house.trees if path.name != "__init__.py")
    del sizes["."]
    return dict(sizes)


def imports(house: House) -> dict[str, set[str]]:
    """Return the modules of the project that each module imports, wherever in the file it does."""
    names = {module_name(path) for path in house.trees}
    found: dict[str, set[str]] = {}
    for path, tree in house.trees.items():
        own = module_name(path)
        targets: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                targets |= (members & names) or {node.module}
        found[own] = (targets & names) - {own}
    return found


def module_name(path: Path) -> str:
    """Return the dotted name of a file; a package's is that of its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of nodes that reach each other, by Tarjan's algorithm (1972), without recursion."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []
    for start in sorted(arrows):
        work = [(start, iter(sorted(arrows[start])))] if start not in order else []
        while work:
            node, rest = work[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                stack.append(node)
            following = next((other for other in rest if other not in order or other in stack), None)
            if following is not None and following not in order:
                work.append((following, iter(sorted(arrows.get(following, ())))))
                continue
            if following is not None:
                low[node] = min(low[node], order[following])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == order[node]:
                place = stack.index(node)
                if len(stack) - place > 1:
                    groups.append(sorted(stack[place:]))
                del stack[place:]
    return groups


def rooms(arrows: dict[str, set[str]], parent: str) -> dict[str, set[str]]:
    """Return the arrows between the rooms of a folder: the modules and folders directly in it."""

    def room(name: str) -> str | None:
        depth = parent.count(".") + 2
        return ".".join(name.split(".")[:depth]) if name.startswith(f"{parent}.") else None

    found: dict[str, set[str]] = {}
    for name, targets in arrows.items():
        if (own := room(name)) is not None:
            found.setdefault(own, set()).update({other for target in targets if (other := room(target))} - {own})
    return found


def room_circles(house: House) -> dict[str, list[list[str]]]:
    """Return, for each folder, the groups of its rooms that import each other."""
    arrows = imports(house)
    folders = sorted({module_name(path) for path in house.trees if path.name == "__init__.py"})
    found = {folder: circles(rooms(arrows, folder)) for folder in folders}
    return {folder: groups for folder, groups in found.items() if groups}


def import_exceptions(house: House) -> int:
    """Return how many imports the contracts of import-linter excuse by name."""
    settings = tomllib.loads((house.root / "pyproject.toml").read_text("utf-8"))
    return sum(len(contract.get("ignore_imports", ())) for contract in settings["tool"]["importlinter"]["contracts"])


def sql_files(house: House) -> int:
    """Return how many SQL files hold statements of the store, migrations not counted."""
    return len(list((house.root / "store" / "sql").rglob("*.sql")))


def records_on(house: House, walk: tuple[str, ...]) -> list[str]:
    """Return the records of a walk that exist as classes."""
    classes = {
        f"{path.as_posix()}:{node.name}"
        for path, tree in house.trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    return [record for record in walk if record in classes]


def figures(root: Path) -> dict[str, object]:
    """Return every figure of a checkout by its name."""
    house = read_house(root)
    sizes = folder_sizes(house)
    largest = max(sizes, key=lambda folder: (sizes[folder], folder))
    groups = room_circles(house)
    return {
        "class names shared by two or more classes": len(shared_class_names(house)),
        **{f"modules flat in {package}/": count for package, count in flat_modules(house).items()},
        "modules in the largest folder": f"{sizes[largest]} ({largest})",
        "SQL files of the store": sql_files(house),
        "records on the walk of a job": len(records_on(house, WALK_OF_A_JOB)),
        "records on the walk of a score": len(records_on(house, WALK_OF_A_SCORE)),
        "Python files": len(house.lines),
        "Python lines": sum(house.lines.values()),
        "Python files of at most 40 lines": sum(count <= 40 for count in house.lines.values()),
        "circles of files": len(circles(imports(house))),
        "circles of rooms": sum(map(len, groups.values())),
        "imports excused by name": import_exceptions(house),
    }


def main(places: list[str]) -> None:
    """Print the figures of some checkouts side by side."""
    columns = [figures(Path(place)) for place in places]
    widest = max(map(len, columns[0]))
    for name in columns[0]:
        print(name.ljust(widest), *(str(column[name]).rjust(24) for column in columns))  # noqa: T201 - a program that counts


if __name__ == "__main__":
    main(sys.argv[1:] or ["."])
