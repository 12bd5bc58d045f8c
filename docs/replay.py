"""Run the commands that a page shows, and compare what they print with what the page says they print.

`python -m docs.replay` runs those of docs/tutorial.md against a fictional Hub with real models, which needs the extra
`eval` and about two minutes; with `--write` it writes the printed output into the page. A shell runs the commands in
order, in one folder: in `console` blocks the lines after `$ `, in `sh` blocks every line. A TOML block that begins with
`# NAME.toml` is written to that file. A block below a comment `<!-- not run: WHY -->` is skipped.

Models that are trained on another processor come out slightly different, and times change. Therefore words and their
order are compared, but not numbers, hashes and line breaks. Of `sh` blocks, which show no output, only the exit code
is known.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parent
TUTORIAL = DOCS / "tutorial.md"
BLOCK = re.compile(r"^(<!-- not run: [^\n]+ -->\n)?```(console|sh|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)
FILE = re.compile(r"# (\w+\.toml)\n")
HERE = re.compile(r"<<'(\w+)'")
HASH = re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,64}\b")
UNCHANGED = re.compile(r"no item of # differs from (\S+); at most #% of all items do, within # points \(")
NUMBER = re.compile(r"(?:[<=] )?[-+]?\d[\d,.:]*")
WIDTH = "96"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command of a page, with the output that the page shows, the output that it printed, and its exit code."""

    command: str
    shown: str
    printed: str
    code: int

    @property
    def is_true(self) -> bool:
        """Return whether the page shows the printed output, apart from numbers, hashes and line breaks."""
        return masked(self.shown) == masked(self.printed)


def masked(text: str) -> str:
    """Return a text with each number and hash replaced by `#`, and each run of white space by one space.

    Another processor trains the models a little otherwise, and a single item decides which of two sentences says that a
    model is equivalent: one stands for both.
    """
    figures = NUMBER.sub("#", HASH.sub("#", " ".join(text.split())))
    return UNCHANGED.sub(r"within # points of \1: # (", figures)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with the output below it."""
    _, *parts = COMMAND.split(block)
    yield from zip(parts[::2], parts[1::2], strict=True)


def statements(block: str) -> Iterator[str]:
    """Yield each command of an `sh` block: a line with its continuation lines and its here-document."""
    lines = iter(block.splitlines())
    for line in lines:
        command = [line]
        while command[-1].endswith("\\"):
            command.append(next(lines))
        if here := HERE.search(command[-1]):
            while command[-1] != here[1]:
                command.append(next(lines))
        if not line.startswith("#") and line.strip():
            yield "\n".join(command)


def environment(endpoint: str) -> dict[str, str]:
    """Return the environment that the tutorial sets up, without the user's own variables."""
    names = ("HOME", "LANG", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "COLUMNS": WIDTH,
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
        "LINEAGE_CONFIG": "",
        "LINEAGE_DB": "tutorial.duckdb",
        "HF_ENDPOINT": endpoint,
        "HF_HOME": "cache",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "XDG_CACHE_HOME": "cache",
    }


def replay(page: str, folder: Path, variables: Mapping[str, str]) -> Iterator[Run]:
    """Run the commands of a page in a folder, and yield each with its output on stdout."""
    here = dict(variables)
    for not_run, kind, block in BLOCK.findall(page):
        if not_run:
            continue
        if kind == "toml":
            if named := FILE.match(block):
                (folder / named[1]).write_text(block, "utf-8")
            continue
        shown_commands = commands(block) if kind == "console" else ((one, "") for one in statements(block))
        for command, shown in shown_commands:
            if command.startswith("export "):
                words = shlex.split(command, comments=True)[1:]
                here |= {name: value for name, _, value in (word.partition("=") for word in words)}
                continue
            ran = subprocess.run(  # noqa: S603 -- commands of our own page
                ["/bin/sh", "-c", command], cwd=folder, env=here, stdout=subprocess.PIPE, check=False
            )
            yield Run(command=command, shown=shown, printed=ran.stdout.decode(), code=ran.returncode)


def rewritten(page: str, runs: Iterator[Run]) -> str:
    """Return a page in which the printed output replaces that of each command, without trailing spaces."""
    for run in runs:
        printed = "".join(f"{line.rstrip()}\n" for line in run.printed.splitlines())
        page = page.replace(f"$ {run.command}\n{run.shown}", f"$ {run.command}\n{printed}", 1)
    return page


def main(arguments: list[str]) -> int:
    """Replay the tutorial; return 1 if it shows other output than the commands print."""
    from sandbox.run_sandbox import run_sandbox
    from sandbox.weights.make_family import make_family

    page = TUTORIAL.read_text("utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"made {sum(1 for _ in make_family(folder / 'family'))} models")
        with run_sandbox(weights_folder=folder / "family") as url:
            runs = list(replay(page, folder, environment(url)))
    if arguments == ["--write"]:
        TUTORIAL.write_text(rewritten(page, iter(runs)), "utf-8")
        return 0
    for run in runs:
        print("ok" if run.is_true else f"NOT AS SHOWN\n{run.printed}", run.command)
    return 0 if all(run.is_true for run in runs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
