"""The demo shows everything it promises, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.cli.conftest import Runs


def test_the_demo(lineage: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It crawls the three domains without a token, shows status, a family and a drift, and names commands that work."""
    monkeypatch.setenv("HF_TOKEN", "hf_not_to_be_sent_anywhere")
    ran = lineage("demo", "--folder", str(tmp_path / "demo"))
    assert ran.code == 0, ran.err
    assert "\nlisting: " in ran.err
    assert "\nfinished in " in ran.err
    assert all(f"\n  {domain}  " in ran.out for domain in ("medical", "legal", "financial"))
    assert "├─ " in ran.out
    moved = ran.err.split("$ lineage drift ")[1].split()[0]
    assert f"\n{moved} [" in ran.out
    assert "points than " in ran.out
    (advice,) = [part for part in ran.err.split("\n\n") if part.startswith("Next, on the same database:")]
    assert "lineage crawl --domain medical --dry-run" in advice
    model = advice.split("lineage show ")[1].split()[0]
    assert f"\n{model}" in ran.out
    assert lineage("show", model, "--db", str(tmp_path / "demo" / "demo.duckdb")).code == 0
