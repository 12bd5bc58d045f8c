"""The demo: a tour of a fictional Hub, in which every step is a command that can be run again."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

BASE: Final = "hazelmere/wren"  # the root of the family of real weights
SHOWN: Final = ("brassbell/wren-finance", "hazelmere-clinic/wren-medical", "lexfield/wren-legal")
TOKENS: Final = frozenset({"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE"})
PROGRAM: Final = ("-P", "-c", "import cli; cli.main()")


class DemoStopped(LineageError):
    """A step of the demo failed."""

    hint = "what it made until then is kept; `lineage doctor` checks the environment"

    def __init__(self, step: Step, code: int) -> None:
        """Say which command ended how."""
        super().__init__(f"`{step.command}` ended with exit code {code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of the tour, and the sentence that introduces it."""

    about: str
    words: tuple[str, ...]

    @property
    def command(self) -> str:
        """Return the command as one would type it."""
        return shlex.join(["lineage", *self.words])


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the demo keeps what it makes."""

    folder: Path

    @property
    def database(self) -> Path:
        """Return the database."""
        return self.folder / "demo.duckdb"

    @property
    def family(self) -> Path:
        """Return the folder of the models with real weights, and of the instruments that measure them."""
        return self.folder / "family"

    @property
    def page(self) -> Path:
        """Return the explorer page."""
        return self.folder / "family.html"

    @property
    def report(self) -> Path:
        """Return the report."""
        return self.folder / "report.html"

    def environment(self, endpoint: str) -> dict[str, str]:
        """Return the environment of the steps: the user's token, settings and caches are not used."""
        ours = {
            "LINEAGE_CONFIG": "",
            "LINEAGE_DB": str(self.database),
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(self.folder / "cache" / "hub"),
            "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_XET": "1",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        return {**{name: value for name, value in os.environ.items() if name not in TOKENS}, **ours}


def making(places: Places) -> Step:
    """Return the step that trains the models with real weights."""
    return Step(
        about="Fourteen language models, tiny but real, are trained on this processor, about half a minute:",
        words=("sandbox", "weights", str(places.family)),
    )


def crawling() -> Iterator[Step]:
    """Yield the steps that fill the database and say what is in it."""
    yield Step(about="Its models of every domain, with all they come from:", words=("crawl",))
    yield Step(about="The results that model cards state:", words=("scores", "from-cards"))
    yield Step(about="What is here now:", words=("status",))


def evaluating(places: Places) -> Iterator[Step]:
    """Yield the steps that evaluate the models with real weights and show what drifted."""
    instruments = ("--instruments", str(places.family / "instruments" / "instruments.toml"))
    names = ("sandbox_refusal", "sandbox_over_refusal", "sandbox_remedies")
    asked = tuple(word for name in names for word in ("--instrument", name))
    yield Step(about="The family of the real models:", words=("tree", BASE))
    yield Step(
        about="Which of them to evaluate first, and why:",
        words=("schedule", f"{BASE}+", *asked, *instruments, "--limit", "3"),
    )
    yield Step(
        about="All of them go into the queue, as rows for a program this time:",
        words=("schedule", f"{BASE}+", *asked, *instruments, "--limit", "0", "--queue", "--format", "csv"),
    )
    yield Step(
        about="They are evaluated on this processor, a minute or two; Ctrl-C loses nothing:",
        words=("evaluate", *instruments, "--device", "cpu"),
    )
    yield Step(about="How far three of them moved from their base:", words=("drift", " ".join(SHOWN)))


def relying_on_cards(root: str, moved: str) -> Iterator[Step]:
    """Yield the steps that show a family, and what drifted according to model cards."""
    yield Step(about="The largest medical family:", words=("tree", root))
    yield Step(about="What moved, by what model cards state:", words=("drift", moved))


def handing_over(places: Places, base: str) -> Iterator[Step]:
    """Yield the steps that write the page and the report of a family."""
    selector = f"{base}+"
    yield Step(
        about="The family to look at, one page that opens from disk:",
        words=("export", selector, "-o", str(places.page), "--force"),
    )
    yield Step(about="A report for an auditor:", words=("report", selector, "-o", str(places.report), "--force"))


def run(step: Step, environment: Mapping[str, str]) -> None:
    """Run a step as a process that writes to our stdout and stderr; raises DemoStopped if it fails."""
    command = [sys.executable, *PROGRAM, *step.words]
    ended = subprocess.run(command, env=environment, check=False)  # noqa: S603 -- our own interpreter and program
    if ended.returncode:
        raise DemoStopped(step, ended.returncode)
