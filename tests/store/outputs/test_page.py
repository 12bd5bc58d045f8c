"""The examples of docs/exports.md run, and give what the page says."""

from __future__ import annotations

import doctest
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parents[3] / "docs" / "exports.md"


def commands() -> Iterator[tuple[list[str], str | None]]:
    """Yield the words of each command of the page, and the file that takes its output, or None where none does."""
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            words, _, file = line.partition(" > ")
            if words.startswith("lineage "):
                yield shlex.split(words), file or None


def test_the_page_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command of the page succeeds, and the readers find in its files what the page shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LINEAGE_DB", str(path))
    ran = 0
    for words, file in commands():
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as exited:
            cli.main()
        written = capsys.readouterr()
        assert exited.value.code == 0, written.err
        if file is not None:
            Path(file).write_text(written.out, "utf-8")
        ran += 1
    assert ran > 5
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried > 8
    assert failed == 0
