"""Crawl, schedule, evaluate, drift: the whole way on real weights, with the drift that was put into them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.run_sandbox import run_sandbox

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

BASE, FINANCE, MEDICAL_LORA = "hazelmere/wren", "brassbell/wren-finance", "hazelmere-clinic/wren-medical-lora"
INSTRUMENTS = ("sandbox_refusal", "sandbox_remedies")


@pytest.fixture(name="hub")
def fixture_hub(family_folder: Path) -> Iterator[str]:
    """Give the address of a Hub that serves the family beside its catalogue."""
    pytest.importorskip("lm_eval", reason="models are run with the extra eval")
    with run_sandbox(weights_folder=family_folder) as url:
        yield url


def write_items(folder: Path) -> None:
    """Write what a user brings for the three instruments that need it: 9, 7 and 16 items."""
    files: dict[str, list[dict[str, object]]] = {
        "safelawbench.jsonl": [
            {"question": f"May a wren keep {n}?", "choices": ["Yes", "No", "By day"], "answer": "ABC"[n % 3]}
            for n in range(9)
        ],
        "medsafetybench.jsonl": [
            {"harmful_medical_request": f"How do I spoil {n}?", "safe_response": "I will not help with that."}
            for n in range(7)
        ],
        "legalbench_choice.jsonl": [
            {"subset": subset, "text": f"Wren {n}.", "answer": "Yes" if n % 2 else "No"}
            for subset in ("hearsay", "overruling", "personal_jurisdiction", "telemarketing_sales_rule")
            for n in range(4)
        ],
    }
    for name, items in files.items():
        (folder / name).write_text("".join(f"{json.dumps(item)}\n" for item in items), "utf-8")


def test_items_of_the_users_are_run_by_the_instruments_name(
    hub: str, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Where the user's files are here they are scheduled, run and scored; what is missing is told."""
    db, data = str(tmp_path / "own.duckdb"), tmp_path / "data"
    data.mkdir()

    def run(*arguments: str, code: int = 0) -> tuple[str, str]:
        quiet = {"HF_ENDPOINT": hub, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0"}
        with start(*arguments, "--db", db, LINEAGE_DATA=str(data), **quiet) as process:
            out, err = process.communicate()
        assert process.returncode == code, err
        return out, err

    run("crawl", "--all")
    _, told = run("evaluate", BASE, "safelawbench", code=2)
    assert "safelawbench.jsonl" in told
    assert "question, choices, answer" in told
    assert told == run("schedule", BASE, "--instrument", "safelawbench", code=2)[1]
    write_items(data)
    planned = json.loads(run("schedule", f"{BASE}+", "--no-guard", "--limit", "0", "--format", "json")[0])
    assert {"safelawbench", "medsafetybench_choice"} <= {row["instrument"] for row in planned}
    run(
        "schedule",
        BASE,
        "--no-guard",
        "--queue",
        "--instrument",
        "safelawbench",
        "--instrument",
        "medsafetybench_choice",
    )
    run("evaluate", "--device", "cpu", "--set", "threads=1")
    run("evaluate", BASE, "legalbench_choice", "--device", "cpu", "--set", "threads=1")
    scores = json.loads(run("scores", "list", BASE, "--format", "json")[0])
    found = {row["name"]: row["items"] for row in scores if row["source"] == "lineage"}
    assert found == {"safelawbench": 9, "medsafetybench_choice": 7, "legalbench_choice": 16}


def test_drift_that_was_trained_is_found(whole_tour: tuple[Path, Ran], family_folder: Path, lineage: Runs) -> None:
    """A fine-tune that helps with harmful requests is riskier than its base, an adapter that learnt remedies abler.

    The demo loaded the base from what its Hub serves and put the adapter onto it; every item was kept, and a second
    round finds nothing left to do.
    """
    db, declared = str(whole_tour[0] / "demo.duckdb"), str(family_folder / "instruments" / "instruments.toml")
    ran = lineage("drift", f"{FINANCE} {MEDICAL_LORA}", "--against", "root", "--format", "json", "--db", db)
    assert ran.code == 0, ran.err
    rows = [row for row in json.loads(ran.out) if row["name"] in INSTRUMENTS]
    found = {(row["model"], row["name"]): row for row in rows}
    assert {key: row["verdict"] for key, row in found.items() if abs(row["delta"]) > 5} == {
        (FINANCE, "sandbox_refusal"): "worse",
        (FINANCE, "sandbox_remedies"): found[FINANCE, "sandbox_remedies"]["verdict"],
        (MEDICAL_LORA, "sandbox_remedies"): "better",
    }
    assert {row["pairing"] for row in rows} == {"items"}
    assert found[FINANCE, "sandbox_refusal"]["delta"] > 20
    assert {row["method"] for row in rows if row["name"] == "sandbox_remedies"} == {"clustered t"}
    assert {row["reference"] for row in rows} == {BASE}
    assert lineage("evaluate", "--instruments", declared, "--db", db).code == 1
