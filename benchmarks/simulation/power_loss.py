"""What a database holds after a loss of power at any moment of a crawl and of a derivation.

A command runs once with one thread, its writes, flushes and names logged by `write_log.c`. From the log, `disk.py`
builds disks as a file system may show them after a loss of power, at random moments and with random losses, by seed. On
each, `lineage` opens the database, whose tables must be those of the last commit told, or of the one under way.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks.rig.siege import tables
from benchmarks.rig.siege.crawls import GENEROUS
from benchmarks.rig.tables import print_machine, print_table
from benchmarks.simulation import processes
from benchmarks.simulation.disk import LOSSES, CallKind, Disk, Image, Loss, lay_out, read_log
from lineage.errors import LineageError
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
DATABASE: Final = "all.duckdb"
DRAWN_PER_CALL: Final = 2
NONE: Final = "no database"
COLUMNS: Final = ("command", "calls", "commits", "disks", "whole", "refused", "other content")
Content: TypeAlias = "dict[str, tuple[object, ...]] | str"
"""The digests of all tables, or why there are none."""


@dataclass(slots=True)
class Losses:
    """What became of the disks of one command; `told` counts what was wrong, by loss and reason."""

    calls: int = 0
    commits: int = 0
    disks: int = 0
    whole: int = 0
    refused: int = 0
    told: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Run the commands, print what was lost, and exit 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--disks", type=int, default=200, help="at most so many for each command")
    options = parser.parse_args()
    print_machine("duckdb")
    if reason := processes.why_not():
        print(f"not run: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="lineage-power-") as folder:
        found = _all_losses(Path(folder), random.Random(options.seed), options.disks)
    rows = [
        (name, one.calls, one.commits, one.disks, one.whole, one.refused, one.disks - one.whole - one.refused)
        for name, one in found.items()
    ]
    print_table(COLUMNS, rows)
    for name, one in found.items():
        for reason, count in one.told.most_common(8):
            print(f"{name}: {count} x {reason}")
    sys.exit(any(one.whole < one.disks for one in found.values()))


def _all_losses(folder: Path, chance: random.Random, disks: int) -> dict[str, Losses]:
    os.environ["HF_HOME"] = str(folder / "hf")
    processes.prepare(folder, str(ROOT))
    world = folder / "world"
    world.mkdir()
    with serve(RepoStore(generate(seed=0, models=343)), quota=GENEROUS) as hub:
        commands = {
            "crawl --all": ("crawl", "--all", "--endpoint", hub.url, "--db", DATABASE),
            "resolve": ("resolve", "--db", DATABASE),
        }
        return {name: _losses(words, world, folder, chance, disks) for name, words in commands.items()}


def _losses(words: tuple[str, ...], world: Path, folder: Path, chance: random.Random, disks: int) -> Losses:
    """Run a command, and open the database of disks that a loss of power during it may leave."""
    place, log, found = folder / "laid out", folder / f"{words[0]}.log", Losses()
    disk = Disk(world)
    states, linked = [_content(disk.seen(), place)], list[Content]()
    ended = processes.run(words, world, log, seed=1)
    if ended.code:
        sys.exit(f"`lineage {' '.join(words)}` ended with {ended.code}")
    drawn: dict[bytes, tuple[int, Loss, Image]] = {}
    for call in read_log(log, world):
        disk.do(call)
        found.calls += 1
        if call.kind == CallKind.MARK:
            states.append(_content(disk.seen(), place))
        if call.kind == CallKind.LINK:  # a new database gets its name; nobody was told of anything yet
            linked.append(_content(disk.seen(), place))
        for loss in chance.choices(LOSSES, k=DRAWN_PER_CALL):
            image = disk.after(loss, chance)
            drawn.setdefault(_digest(image), (len(states) - 1, loss, image))
    states.append(_content(disk.seen(), place))
    found.commits = len(states) - 2
    for told, loss, image in chance.sample(list(drawn.values()), min(len(drawn), disks)):
        unborn = linked if states[told] == NONE else []
        _judge(found, loss, _content(image, place), [*states[told : told + 2], *unborn])
    return found


def _judge(found: Losses, loss: str, content: Content, allowed: Sequence[Content]) -> None:
    found.disks += 1
    if content in allowed:
        found.whole += 1
    elif isinstance(content, str):
        found.refused += 1
        found.told[f"loss of {loss}: {content}"] += 1
    else:
        found.told[f"loss of {loss}: tables of no allowed commit"] += 1


def _content(image: Image, place: Path) -> Content:
    """Return the digests of the tables of a disk's database once lineage opened it, or why it did not."""
    from store.connect import open_database

    shutil.rmtree(place, ignore_errors=True)
    path = lay_out(image, place) / DATABASE
    if not path.exists():
        return NONE
    try:
        open_database(path, "write").close()
    except LineageError as error:
        return re.sub(r"\d+", "N", str(error).replace(str(place), ""))
    return tables.digests(path, tables.schema(path))


def _digest(image: Image) -> bytes:
    parts = sorted((name, hashlib.sha256(content or b"").digest()) for name, content in image.items())
    return hashlib.sha256(repr(parts).encode()).digest()


if __name__ == "__main__":
    main()
