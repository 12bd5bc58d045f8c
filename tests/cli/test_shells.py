"""The tab key in bash, zsh and fish themselves, after `lineage --install-completion` in each."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import LINEAGE

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "maple-research/maple-7b-instruct"
PATIENCE_SECONDS = 30
WHOLE_WORDS = "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}\n"  # as docs/shell.md says: else bash cuts selectors at colons
TABS = {"bash": "\t", "zsh": "\t\t", "fish": "\t"}  # typer's script for zsh is loaded by the first one
READY = re.compile(rb"ready\r\n")
ENDED = re.compile(rb"<([^<>\r\n]*)>\r\n")  # what is typed has a quote before its end
TYPED = [
    ("lineage mod", "lineage models"),
    ("lineage models domain:med", "lineage models domain:medical"),
    ("lineage models domain:medical,relation:ad", "lineage models domain:medical,relation:adapter"),
    (f"lineage show {MODEL[:-4]}", f"lineage show {MODEL}"),
    ("lineage models --format js", "lineage models --format json"),
]


def at_home(shell: str, environment: dict[str, str], home: Path, db: Path) -> dict[str, str]:
    """Return the environment of a user of a shell who has installed the completion, as `lineage` told them to."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    path = f"{LINEAGE.parent}{os.pathsep}{environment['PATH']}"
    own = {"PATH": path, "LINEAGE_DB": str(db), "TERM": "dumb", "HOME": str(home), "PS1": "$ "}
    variables = {name: value for name, value in environment.items() if not name.startswith("XDG_")} | own
    asking = [shell, "-c", "lineage --install-completion; true"]  # it looks which shell it was started by
    told = subprocess.run(asking, env=variables, cwd=home, capture_output=True, text=True, check=True)
    assert f"{shell} completion installed" in told.stdout
    if shell == "bash":
        with (home / ".bashrc").open("a", encoding="utf-8") as startup:
            startup.write(WHOLE_WORDS)
    return variables


def after_tab(shell: str, environment: dict[str, str], folder: Path, typed: str) -> str:
    """Type in a shell of its own, press the tab key, and return the line, without spaces around."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(shell, [shell, "-i"], environment)  # noqa: S606 - it is the shell
    try:
        os.write(terminal, b"echo rea''dy\n")
        read_until(terminal, READY)
        os.write(terminal, f"{typed}{TABS[shell]}".encode() + b"\x01echo '<\x05>'\n")  # to its start and end, and run
        shown = read_until(terminal, ENDED)
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    line = ENDED.search(shown)
    return line[1].decode().strip() if line else repr(shown)


def read_until(terminal: int, mark: re.Pattern[bytes]) -> bytes:
    """Return what a terminal shows until a mark, or until it is closed or silent for long."""
    seen = b""
    while not mark.search(seen) and select.select([terminal], [], [], PATIENCE_SECONDS)[0]:
        try:
            seen += os.read(terminal, 1 << 16)
        except OSError:
            break
    return seen


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_tab_key_completes(environment: dict[str, str], crawled: Path, tmp_path: Path, shell: str) -> None:
    """What `--install-completion` installs completes words where they stand."""
    variables = at_home(shell, environment, tmp_path, crawled)
    lines = {typed: after_tab(shell, variables, tmp_path, typed) for typed, _ in TYPED}
    assert lines == dict(TYPED)
