"""Run every benchmark, and keep what each printed as benchmarks/results.md: each figure beside its peer or its limit.

Not a benchmark itself: `make bench` and `make bench-full` run it.

    python -m benchmarks.rig.all_figures               # all of them, small
    python -m benchmarks.rig.all_figures --full        # those that can, in full: hours
    python -m benchmarks.rig.all_figures startup graph # these alone; the sections of the others stay as they are
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1]
PAGE: Final = FOLDER / "results.md"
ELSEWHERE: Final = tuple(
    FOLDER / path
    for path in (
        "engines/engine_kills.py",
        "engines/engine_table.py",
        "noise/floors.py",
        "noise/judges.py",
        "repairs/maintain.py",
    )
)
SCRIPTS: Final = {path.stem: path for path in (*FOLDER.glob("[a-z]*.py"), *ELSEWHERE)}
SMALL: Final[dict[str, tuple[str, ...]]] = {"real_model": ("--items", "20"), "runner": ("--items", "8")}
LONGEST_SECONDS: Final = 1_800.0
LONGEST_FULL_SECONDS: Final = 6 * 3_600.0
LONGEST_OUTPUT: Final = 40_000
HEAD: Final = """# Benchmarks

The latest output of every script in `benchmarks/`, each figure beside its peer or limit from the same run.
`README.md` beside this page explains what each measures and how to read it.
`make bench` rewrites this page with small sizes, `make bench-full` with
large ones. If the load above the figures is high, trust ratios and CPU seconds, not wall seconds.
"""


def main() -> None:
    """Run the requested scripts, write the page after each, and exit 1 if one failed."""
    names = sorted(SCRIPTS)
    options = _options(names)
    sections = _sections()
    failed = []
    for name in options.names or names:
        print(f"== {name}", flush=True)
        code, section = _run(name, is_full=options.full)
        sections[name] = section
        failed += [name] if code else []
        PAGE.write_text(_page({one: sections[one] for one in names if one in sections}), encoding="utf-8")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _options(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *names], help="scripts, without the ending")
    parser.add_argument("--full", action="store_true", help="large sizes, of the scripts that have them")
    return parser.parse_args()


def _run(name: str, *, is_full: bool) -> tuple[int, str]:
    """Run a script; return its exit code and its section of the page."""
    script = SCRIPTS[name]
    words = script.read_text("utf-8")
    can_be_full = '"--full"' in words
    arguments = ("--full",) if is_full and can_be_full else () if is_full else SMALL.get(name, ())
    started, moment = time.monotonic(), datetime.now(UTC)
    try:
        ran = subprocess.run(
            [sys.executable, str(script), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_FULL_SECONDS if is_full else LONGEST_SECONDS,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "140"},
        )
        code, output, errors = ran.returncode, ran.stdout, ran.stderr
    except subprocess.TimeoutExpired as error:
        code, output, errors = 124, _text(error.stdout), "it was stopped: it ran for too long"
    print(output, flush=True)
    command = " ".join(["python", str(script.relative_to(FOLDER.parent)), *arguments])
    about = (ast.get_docstring(ast.parse(words)) or "").partition("\n")[0]
    machine = f"{platform.system()} on {platform.machine()}"
    line = f"`{command}`, {moment:%Y-%m-%d}, {machine}, {time.monotonic() - started:,.0f} s in all."
    fault = f"\nExit code {code}: {_clean(errors.strip().splitlines()[-1] if errors.strip() else '')}\n" if code else ""
    body = _shortened(_clean(output).strip())
    return code, f"## {name}\n\n{about}\n\n{line}\n{fault}\n```text\n{body}\n```\n"


def _text(output: str | bytes | None) -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def _shortened(text: str) -> str:
    """Return a text, cut after a line where it is too long, with how many lines were left out."""
    if len(text) <= LONGEST_OUTPUT:
        return text
    kept = text[:LONGEST_OUTPUT].rpartition("\n")[0]
    return f"{kept}\n... {text.count(chr(10)) - kept.count(chr(10)):,} more lines: run the command"


def _clean(text: str) -> str:
    """Remove this machine's folders from a text."""
    for place, name in ((FOLDER.parent, "."), (Path.home(), "~")):
        text = text.replace(str(place), name)
    return re.sub(r"/tmp/[\w.-]+", "/tmp/...", text).replace("```", "'''")  # noqa: S108 - a text, no file


def _sections() -> dict[str, str]:
    """Return the sections of the page as it is, by the name of their script."""
    if not PAGE.exists():
        return {}
    parts = re.split(r"^## (?=\w+\n)", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _page(sections: dict[str, str]) -> str:
    return "\n".join([HEAD, *sections.values()])


if __name__ == "__main__":
    main()
