"""The demo shows everything it promises, by itself."""

from __future__ import annotations

import os
import re
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cli
from evaluation.commands import demo as demo_commands
from evaluation.demo import DemoStopped, Places, Step, crawling, evaluating, handing_over, making, run
from tests.cli.conftest import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.cli.conftest import Ran, Runs

README = Path(__file__).resolve().parents[2] / "README.md"


def here(step: Step, environment: Mapping[str, str]) -> None:
    """Run a step of the demo in this process; that a step is a process of its own is shown by the whole tour."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["lineage", *step.words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert ended.value.code == 0


def test_the_tour_without_evaluation(lineage: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It crawls without a token, shows a family and a drift, writes both files, and names commands that work."""
    folder = tmp_path / "demo"
    monkeypatch.setattr("evaluation.demo.run", here)
    monkeypatch.setenv("HF_TOKEN", NOWHERE)
    ran = lineage("demo", "--folder", str(folder), "--no-evaluate")
    out, err = ran.out, ran.err
    assert ran.code == 0, err
    assert "\nlisting: " in err
    assert "\nfinished in " in err
    assert all(f"\n  {domain}  " in out for domain in ("medical", "legal", "financial"))
    assert "├─ " in out
    moved = err.split("$ lineage drift ")[1].split()[0]
    assert f"\n{moved} " in out
    assert "points than " in out
    assert {path.name for path in folder.iterdir()} >= {"demo.duckdb", "family.html", "report.html"}
    advice = err.split("Next, on the same database:")[1]
    assert "  unset LINEAGE_DB\n" in advice  # a crawl of the real Hub goes into a database of its own
    assert "  lineage crawl --domain medical --dry-run\n" in advice
    monkeypatch.setenv("LINEAGE_DB", str(folder / "demo.duckdb"))
    for line in advice.splitlines():
        if line.startswith(("  lineage models", "  lineage show", "  lineage sql")):
            assert lineage(*shlex.split(line)[1:]).code == 0


def excerpt() -> Iterator[str]:
    """Yield the lines that the README shows of the demo, each as far as it is shown."""
    found = re.search(
        r"^From the output of `make demo`.*?^```text\n(.*?)^```", README.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found
    yield from (line.removesuffix("...").rstrip() for line in found[1].splitlines() if line != "...")


def without_numbers(line: str) -> str:
    """Return a line with a sign for each number: weights that another processor trains are a little different."""
    return re.sub(r"[-+]?\d[\d,.]*", "#", line)


def test_the_whole_tour(whole_tour: tuple[Path, Ran]) -> None:
    """With the extra it evaluates the real models and prints what the README shows; a family that is there is used."""
    folder, ran = whole_tour
    assert "lineage sandbox weights" not in ran.err
    assert "sandbox_refusal       WORSE: riskier by " in ran.out
    assert "sandbox_remedies      BETTER: more able by " in ran.out
    printed = (ran.out + ran.err).replace(str(folder), ".demo").splitlines()
    alike = [without_numbers(line) for line in printed]
    for line in excerpt():
        if "downloads" in line:  # they are of the catalogue's seed
            assert line in printed
        else:
            assert any(one.startswith(without_numbers(line)) for one in alike), line
    assert "hazelmere/wren" in (folder / "family.html").read_text("utf-8")
    assert "WORSE" in (folder / "report.html").read_text("utf-8").upper()


@pytest.mark.parametrize("has_extra", [True, False])
def test_what_is_missing_is_said(
    lineage: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_extra: bool
) -> None:
    """Without the extra it says how to install it and goes on with the rest; with it real models are made first."""
    steps: list[Step] = []
    monkeypatch.setattr(demo_commands, "_can_evaluate", lambda: has_extra)
    monkeypatch.setattr(demo_commands, "_tour", lambda *_, is_evaluated: "oak/base" if is_evaluated else "elm/base")
    monkeypatch.setattr("evaluation.demo.run", lambda step, _: steps.append(step))
    ran = lineage("demo", "--folder", str(tmp_path))
    assert ran.code == 0
    assert ("pip install 'hub-lineage[eval]'" in ran.err) is not has_extra
    assert [step.words[:2] for step in steps] == ([("sandbox", "weights")] if has_extra else [])
    assert f"lineage show {'oak' if has_extra else 'elm'}/base" in ran.err


def test_the_extra_is_looked_for() -> None:
    """It is there where torch, peft and the harness are."""
    assert demo_commands._can_evaluate() is all(find_spec(name) for name in ("torch", "peft", "lm_eval"))


def test_every_step_can_be_typed() -> None:
    """A step is shown as the command that runs it, in quotes where a shell needs them."""
    places = Places(folder=Path("my demo"))
    steps = [making(places), *crawling(), *evaluating(places), *handing_over(places, "oak/base")]
    assert [shlex.split(step.command) for step in steps] == [["lineage", *step.words] for step in steps]
    assert "lineage export oak/base+ -o 'my demo/family.html' --force" in [step.command for step in steps]


def test_a_step_that_fails_ends_the_demo(tmp_path: Path) -> None:
    """The command and its exit code are named, and the exit code is that of what could not be finished."""
    places = Places(folder=tmp_path)
    with pytest.raises(DemoStopped) as stopped:
        run(Step(about="Nothing is here.", words=("show", "oak/base")), places.environment("http://127.0.0.1:1"))
    assert str(stopped.value) == "`lineage show oak/base` ended with exit code 3"
    assert stopped.value.exit_code == 3
