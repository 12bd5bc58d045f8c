"""The tutorial shows the output of its commands."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sandbox.run_sandbox import run_sandbox

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

PAGE = """Text.

```console
$ printf '%s\\n' a \\
    b
a
b
$ true
$ cat words.toml
# words.toml
x = 1
```

```toml
# words.toml
x = 1
```

```console
$ cat words.toml
# words.toml
x = 23
```
"""


def test_commands_run_in_order(replay: ModuleType, tmp_path: Path) -> None:
    """Each command is compared with the output below it; a file exists from its block on."""
    runs = list(replay.replay(PAGE, tmp_path, replay.environment("http://127.0.0.1:1")))
    assert [run.command for run in runs] == ["printf '%s\\n' a \\\n    b", "true", "cat words.toml", "cat words.toml"]
    assert [run.is_true for run in runs] == [True, True, False, True]


def test_a_page_is_rewritten(replay: ModuleType, tmp_path: Path) -> None:
    """Outputs are replaced by the printed ones, and the rest of the page stays."""
    once = replay.rewritten(PAGE, replay.replay(PAGE, tmp_path, replay.environment("http://127.0.0.1:1")))
    assert once == PAGE.replace(
        "$ cat words.toml\n# words.toml\nx = 1\n```\n\n```toml", "$ cat words.toml\n```\n\n```toml"
    ).replace("x = 23", "x = 1")


@pytest.mark.parametrize(
    ("shown", "printed", "is_same"),
    [
        ("riskier by 8.6 points (q < 0.001)", "riskier by 9.1\n   points (q = 0.002)", True),
        ("run 1288769199dc of 1,200", "run 44abcd5effff of 7", True),
        ("(+1 to +2; q <\n   0.001)", "(+1 to +2; q = 0.002)", True),
        (
            "EQUIVALENT: no item of 240 differs from a/b; at most 1.2% of all items do, within 3.0 points (-1 to 1)",
            "EQUIVALENT: within 3.0 points of a/b: +0.4 (-1 to 1)",
            True,
        ),
        (
            "EQUIVALENT: no item of 240 differs from a/b; at most 1.2% of all items do, within 3.0 points (-1 to 1)",
            "UNDECIDED: within 3.0 points of a/b: +0.4 (-1 to 1)",
            False,
        ),
        ("WORSE by 3 points", "BETTER by 3 points", False),
        ("facade", "deface", False),
    ],
)
def test_words_are_compared_and_numbers_not(replay: ModuleType, shown: str, printed: str, *, is_same: bool) -> None:
    """Numbers, hashes and line breaks may differ, words may not."""
    assert (replay.masked(shown) == replay.masked(printed)) is is_same


def test_the_tutorial_is_true(replay: ModuleType, family_folder: Path, tmp_path: Path) -> None:
    """Every command of the page prints the output that the page shows."""
    pytest.importorskip("lm_eval", reason="models are run with the extra eval")
    shutil.copytree(family_folder, tmp_path / "family")
    page = replay.TUTORIAL.read_text("utf-8")
    with run_sandbox(weights_folder=tmp_path / "family") as url:
        runs = list(replay.replay(page, tmp_path, replay.environment(url)))
    assert len(runs) > 12
    assert {run.command: replay.masked(run.printed) for run in runs} == {
        run.command: replay.masked(run.shown) for run in runs
    }
