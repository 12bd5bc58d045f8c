"""What others say of two models, run as their own programs in an environment of their own."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_SECONDS: Final = 600
PEERS: Final = ("modeldna", "provenancekit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a peer says of two models, and the CPU seconds that it took to start and say so."""

    verdict: str
    cpu_seconds: float


def find_peer(environment: Path | None, name: str) -> Path | str:
    """Return the program of a peer in a virtual environment, or why it is absent."""
    if environment is None:
        return "no environment was named (--peers)"
    place = environment / "bin" / name
    return place if place.exists() else f"{environment.name} has no bin/{name}"


def ask(program: Path, ours: Path, theirs: Path) -> Opinion:
    """Ask a peer whether the model in the second folder was made from, or has the origin of, that in the first."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = (
        ("compare", str(theirs), str(ours), "--json")
        if program.name == "modeldna"
        else ("compare", str(ours), str(theirs), "--json", "--no-cache")
    )
    ran = subprocess.run(
        [str(program), *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "NO_COLOR": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Opinion(verdict=_verdict(ran.stdout) or f"failed ({ran.returncode})", cpu_seconds=spent)


def _verdict(output: str) -> str | None:
    start = output.find("{")
    if start < 0:
        return None
    try:
        told = json.JSONDecoder().raw_decode(output[start:])[0]
    except ValueError:
        return None
    if "verdict" in told:
        return str(told["verdict"]["verdict"])
    scores = told.get("scores", {})
    return f"{scores.get('provenance_decision')} ({scores.get('pipeline_score')})"
