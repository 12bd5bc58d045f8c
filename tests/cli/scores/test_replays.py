"""Published results through the commands: imported from files, compared, and counted as their sources count them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.cli.conftest import Runs

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "drift-replays"
BASES = {"fft": "base_fp16", "lora": "base_fp16", "qlora": "base_4bit"}
ITEMS = {"HarmBench": 400, "JBB": 100}
BROKEN_BELOW = 28
INSTRUMENT = """
[[instruments]]
name = "{name}"
construct = "unsafe_output"
direction = "lower_is_safer"
range = [0, 100]
scale = "rate"
items = {items}
"""
PER_CENT = """
[[instruments]]
name = "hellaswag"
construct = "capability"
direction = "capability"
range = [0, 100]
scale = "rate"
items = 10042
chance = 25
floor = 28

[[instruments]]
name = "truthfulqa_mc2"
construct = "truthfulness"
direction = "higher_is_safer"
range = [0, 100]
items = 817
"""
Row = dict[str, Any]
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the published results do not lie beside the repository")


def published(name: str) -> list[dict[str, str]]:
    """Return the rows of a published table."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def filled(lineage: Runs, tmp_path: Path) -> Callable[..., Callable[..., list[Row]]]:
    """Give a function that loads models and imports scores, and returns what asks the database."""

    def fill(parents: dict[str, str | None], scores: Iterable[Row], instruments: str) -> Callable[..., list[Row]]:
        db = str(tmp_path / "replay.duckdb")
        rows = list(scores)
        with (tmp_path / "models.jsonl").open("w") as file:
            for number, (model, parent) in enumerate(parents.items()):
                tags = [f"base_model:{parent}"] if parent else []
                file.write(json.dumps({"_id": f"{0x65000000 + number:024x}", "id": model, "tags": tags}) + "\n")
        with (tmp_path / "scores.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        (tmp_path / "mine.toml").write_text(instruments)
        declared = ("--instruments", str(tmp_path / "mine.toml"))
        assert lineage("load", str(tmp_path / "models.jsonl"), "--as-of", "2026-01-01", "--db", db).code == 0
        ran = lineage("scores", "import", str(tmp_path / "scores.csv"), *declared, "--db", db)
        assert ran.code == 0, ran.err
        assert f"imported {len(rows):,} scores" in ran.err

        def ask(*arguments: str) -> list[Row]:
            found: list[Row] = json.loads(lineage(*arguments, "--format", "json", "--db", db).out)
            return found

        return ask

    return fill


def grid(suffix: str) -> tuple[dict[str, str | None], list[Row]]:
    """Return the controlled fine-tunes with their bases, and a score a cell: attack and set, judged by each judge."""
    parents: dict[str, str | None] = {}
    scores: list[Row] = []
    for cell in published("taleef_controlled_cells_3judge.csv"):
        for way, base in BASES.items():
            model, parent = f"{cell['model_family']}/{way}", f"{cell['model_family']}/{base}"
            parents |= {parent: None, model: parent}
            scores += [_cell(cell, parent, cell[base]), _cell(cell, model, cell[f"{way}{suffix}"])]
    return parents, list({tuple(row.values()): row for row in scores}.values())


def _cell(cell: dict[str, str], model: str, value: str) -> Row:
    name = f"{cell['attack']}_{cell['dataset']}".lower()
    return {
        "model": model,
        "instrument": name,
        "value": value,
        "items": ITEMS[cell["dataset"]],
        "judge": cell["judge"],
    }


@pytest.mark.parametrize(("suffix", "mixed"), [("", 11), ("_orig", 9)])
def test_controlled_fine_tunes_are_mixed_as_published(
    filled: Callable[..., Callable[..., list[Row]]], suffix: str, mixed: int
) -> None:
    """Of 15 derivatives over 12 cells 11 are mixed, of the first training run 9; significantly 3 of either.

    Significance is that of verdicts, each corrected over the twelve comparisons of its derivative. Each judge is an
    identity of its own, and each cell counts the items of its set.
    """
    parents, scores = grid(suffix)
    names = sorted({row["instrument"] for row in scores})
    declared = "".join(INSTRUMENT.format(name=one, items=400 if "harmbench" in one else 100) for one in names)
    ask = filled(parents, scores, declared)
    found = ask("drift", "--mixed", "--full", "--limit", "0")
    assert (len(found), {row["instruments"] for row in found}) == (15, {12})
    assert sum(row["mixed"] for row in found) == mixed
    assert sum(row["mixed_significantly"] for row in found) == 3
    rows = ask("drift")
    assert len(rows) == 15 * 12
    assert {(row["name"].rpartition("_")[2], row["items"]) for row in rows} == {("harmbench", 400), ("jbb", 100)}
    assert len({row["instrument"] for row in rows}) == 12
    assert len({row["judge"] for row in rows}) == 3
    assert {row["pairing"] for row in rows} == {"summary"}
    values = {(row["model"], row["instrument"], row["judge"]): float(row["value"]) for row in scores}
    for row in rows:
        before, after = (values[model, row["name"], row["judge"]] for model in (row["reference"], row["model"]))
        assert row["delta"] == pytest.approx(after - before)


def test_broken_leaderboard_models_are_not_called_better(filled: Callable[..., Callable[..., list[Row]]]) -> None:
    """Whoever hardly beats chance on HellaSwag gets no verdict in its favour, however truthful it looks."""
    parents: dict[str, str | None] = {}
    for pair in published("open_llm_leaderboard_20230904_namepairs.csv"):
        parents.setdefault(pair["base"], None)
        if pair["base"] != pair["derivative"]:
            parents[pair["derivative"]] = pair["base"]
    able = {row["Model"]: float(row["HellaSwag(10-shot)"]) for row in published("open_llm_leaderboard_20230904.csv")}
    sound = max(parents, key=lambda name: able.get(name, 0))
    broken = [name for name, value in able.items() if value < BROKEN_BELOW and name not in parents]
    parents |= dict.fromkeys(broken, _root(parents, sound))
    board = {row["Model"]: row for row in published("open_llm_leaderboard_20230904.csv") if row["Model"] in parents}
    scores = [
        {"model": model, "instrument": name, "value": row[column], "items": items}
        for model, row in board.items()
        for name, column, items in (
            ("truthfulqa_mc2", "TruthfulQA(0-shot)", 817),
            ("hellaswag", "HellaSwag(10-shot)", 10_042),
        )
    ]
    ask = filled(parents, scores, PER_CENT)
    rows = [row for row in ask("drift") if row["name"] == "truthfulqa_mc2" and row["reference"] is not None]
    failing = [row for row in rows if able[row["model"]] < BROKEN_BELOW]
    assert len(failing) >= len(broken)
    assert sum((row["delta"] or 0) < 0 for row in failing) > 0
    assert {row["verdict"] for row in failing} == {"undecided", "withheld"}
    assert {row["verdict"] for row in rows if able[row["model"]] >= BROKEN_BELOW} >= {"better", "undecided", "worse"}


def _root(parents: dict[str, str | None], name: str) -> str:
    while (parent := parents[name]) is not None:
        name = parent
    return name


def half_unit(value: float) -> float:
    """Return half a unit of the last digit of a value of one decimal; at most half a point."""
    return 0.5 if value == int(value) else 0.05


def test_a_leaderboard_contradicts_itself(filled: Callable[..., Callable[..., list[Row]]]) -> None:
    """Models that it lists several times with values that no rounding explains have no current score."""
    columns = {"hellaswag": "HellaSwag(10-shot)", "truthfulqa_mc2": "TruthfulQA(0-shot)"}
    rows: list[Row] = [
        {"model": model, "instrument": name, "value": float(row[column]), "run": number}
        for number, row in enumerate(published("open_llm_leaderboard_20230904.csv"))
        if (model := row["URL"].partition("huggingface.co/")[2].strip("/"))
        for name, column in columns.items()
    ]
    ask = filled(dict.fromkeys(row["model"] for row in rows), rows, PER_CENT)
    stated: dict[tuple[str, str], set[float]] = {}
    for row in rows:
        stated.setdefault((row["model"], row["instrument"]), set()).add(row["value"])
    expected = {
        place: values
        for place, values in stated.items()
        if max(value - half_unit(value) for value in values) > min(value + half_unit(value) for value in values) + 1e-9
    }
    found: dict[tuple[str, str], set[float]] = {}
    for row in ask("scores", "list", "--state", "contradictory", "--limit", "0"):
        found.setdefault((row["model"], row["name"]), set()).add(row["value"])
    assert found == expected
    models = {model for model, _ in found}
    assert (len({model for model, _ in stated}), len(models)) == (1184, 30)
    assert any(max(values) - min(values) > 50 for values in found.values())
