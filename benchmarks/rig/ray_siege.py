"""`lineage evaluate --ray` under siege: workers, the command and whole nodes are killed (-9) at random moments."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rig.toy_queues import ROOT, TOYS, Met

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from benchmarks.rig.ray_nodes import Nodes

VICTIMS = ("worker", "coordinator", "node")
LOOK_SECONDS = 0.01
PATIENCE_SECONDS = 300.0
MOST_BATCHES = 8
LEFT = re.compile(r"([\d,]+) were left by a process that ended")


class Stuck(SystemExit):
    """Nothing was run for minutes, or the queue did not end as it should."""


@dataclass(slots=True, kw_only=True)
class Siege:
    """One queue, the cluster that it runs on, and the kills: equally many of each victim, by seed.

    `room` is how many workers a node holds.
    """

    db: Path
    nodes: Nodes
    room: int
    workers: int
    kills: int
    chance: random.Random
    met: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    _process: subprocess.Popen[bytes] = field(init=False)

    def run(self) -> None:
        """Kill until no kill is left, and let the queue end; raises Stuck."""
        victims = [VICTIMS[number % len(VICTIMS)] for number in range(self.kills)]
        self.chance.shuffle(victims)
        self._process = self._start()
        try:
            for victim in victims:
                lately = self._wait(self.chance.randint(1, MOST_BATCHES))
                time.sleep(self.chance.random() * 0.05)
                self._kill(victim, lately)
                self.met[victim] += 1
                if sys.stderr.isatty():
                    sys.stderr.write(f"\r{self.met.total()} of {self.kills} kills")
            if (code := self._process.wait()) != 0:
                raise Stuck(f"the queue ended with exit code {code}: {self._last_words()}")
        finally:
            self._process.kill()

    def outcome(self) -> Met:
        """Return whom the kills met; what coordinators took back is what they said."""
        told = self._said.read_text(encoding="utf-8")
        return Met(
            kills=self.met,
            ended=self.met["worker"] + self.room * self.met["node"] + self.workers * self.met["coordinator"],
            starts=self.starts,
            reclaimed=sum(int(found.replace(",", "")) for found in LEFT.findall(told)),
        )

    @property
    def _counted(self) -> Path:
        """Return the file in which the toy counts its batches."""
        return self.db.with_suffix(".counted")

    @property
    def _said(self) -> Path:
        return self.db.with_suffix(".err")

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        command = [sys.executable, str(TOYS / "toy_lineage.py"), "evaluate", "--db", str(self.db), "--device", "cpu"]
        command += ["--set", "threads=1", "--set", "attempts=1000", "--workers", str(self.workers), "--format", "csv"]
        command += ["--ray", self.nodes.address]
        with self._said.open("ab") as said:
            return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)

    def _wait(self, batches: int) -> list[int]:
        """Wait until so many batches more were run, and return the processes that ran them."""
        begin, until = self._size(), time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise Stuck(f"the queue ended with exit code {self._process.returncode}: {self._last_words()}")
            lines = self._lines_since(begin)
            if len(lines) >= batches:
                return [int(line.split()[0]) for line in lines]
            time.sleep(LOOK_SECONDS)
        raise Stuck(f"nothing was run for {PATIENCE_SECONDS:.0f} s: {self._last_words()}")

    def _kill(self, victim: str, lately: list[int]) -> None:
        """Kill whom the plan names; `lately` are processes of workers that ran something just now."""
        match victim:
            case "worker":
                alive = [process for process in lately if _is_alive(process)]
                os.kill(self.chance.choice(alive or lately), signal.SIGKILL)
            case "node":
                self.nodes.lose(self.chance.randrange(len(self.nodes)))
            case _:
                self._process.kill()
                self._process.wait()
                self._process = self._start()

    def _size(self) -> int:
        return self._counted.stat().st_size if self._counted.exists() else 0

    def _lines_since(self, begin: int) -> list[str]:
        """Return the whole lines that came since a size of the file."""
        if self._size() == begin:
            return []
        with self._counted.open(encoding="utf-8") as file:
            file.seek(begin)
            return [line for line in file.read().splitlines(keepends=True) if line.endswith("\n")]

    def _last_words(self) -> str:
        return " / ".join(self._said.read_text(encoding="utf-8").splitlines()[-5:])


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
