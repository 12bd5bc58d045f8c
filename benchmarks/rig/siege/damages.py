"""Database files with damaged pages: commands refuse them or answer correctly, and neither crash nor lie."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import crawls, victims
from benchmarks.rig.siege.cases import Outcome

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

READS: Final = (
    ("status",),
    ("models", "--limit", "0", "--format", "csv"),
    ("families", "--limit", "0", "--format", "csv"),
    ("sql", "select count(*), sum(hash(record)) from records", "--format", "csv"),
    ("export", "-o", "-", "--format", "json"),
)
BLOCK: Final = 4096


def besiege(case: Case) -> Outcome:
    """Damage a copy of a crawled database and query it; then let `resolve` write into it."""
    chance, out = case.chance, Outcome()
    calm, log = crawls.undisturbed(case.shared, "all"), case.folder / "log"
    wild = case.folder / calm.name
    way = damage(chance, calm, wild)
    out.counts[f"files damaged: {way}"] += 1
    for words in (chance.choice(READS[:-1]), chance.choice(READS), ("resolve",)):
        ended = victims.run(victims.Command(words=(*words, "--db", str(wild)), log=log))
        if ended.fault or ended.code not in {0, 1, 3}:
            out.broken.append(f"{way}, {words[0]}: {ended.fault or ended.said[-300:]}")
        out.counts["damaged files refused" if ended.code else "damaged files read"] += 1
        if ended.code == 0 and words[0] not in {"status", "resolve"}:
            right = victims.run(victims.Command(words=(*words, "--db", str(calm)), log=log))
            out.check(holds=right.said == ended.said, otherwise=f"{way}, {words[0]}: another answer than undamaged")
    return out


def damage(chance: random.Random, source: Path, target: Path) -> str:
    """Copy a file with some of its bytes damaged, and return how."""
    way = chance.choice(("bits", "block", "cut", "write-ahead log"))
    shutil.copy(source, target)
    size = source.stat().st_size
    if way == "write-ahead log":
        target.with_suffix(".duckdb.wal").write_bytes(chance.randbytes(chance.randrange(1, 5_000)))
        return way
    with target.open("r+b") as file:
        if way == "cut":
            file.truncate(chance.randrange(size))
        elif way == "block":
            file.seek(chance.randrange(size // BLOCK) * BLOCK)
            file.write(chance.choice((b"\0" * BLOCK, chance.randbytes(BLOCK))))
        else:
            for _ in range(chance.randrange(1, 16)):
                file.seek(chance.randrange(size))
                file.write(chance.randbytes(1))
    return way
