"""Tests neither wait nor look at the clock; that each says in a sentence what it holds is for ruff to see."""

import ast
from collections.abc import Mapping
from pathlib import Path

CLOCKS = {"datetime.now", "datetime.today", "date.today", "time.time", "time.monotonic", "time.perf_counter"}
WAITS = {"time.sleep", "page.wait_for_timeout"}
# `queue list` believes what a process told a moment ago, by the clock on the wall.
KNOWS_THE_TIME = Path("tests", "cli", "test_queueing.py")


def test_no_test_waits_or_looks_at_the_clock(written: Mapping[Path, ast.Module]) -> None:
    """A test that waits is slow, or fails on a slow machine; the programs that tests start may have a clock."""
    found = [
        f"{path}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in written.items()
        if path.parts[0] == "tests" and (path.stem.startswith("test_") or path.stem == "conftest")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCKS | WAITS
    ]
    assert [place for place in found if not place.startswith(str(KNOWS_THE_TIME))] == []
