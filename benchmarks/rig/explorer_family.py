"""A database of a generated family with everything that the explorer page shows: fictional, equal in every run."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.explorer_sql import STATEMENTS
from benchmarks.rig.from_edges import write_what_follows
from store.connect import open_database
from store.drift.write_drift import refresh_within

if TYPE_CHECKING:
    from pathlib import Path

NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
FIRST: Final = datetime(2024, 4, 18, tzinfo=UTC)
BASE: Final = "northwind/Borealis-7B"
ORGS: Final = (
    "northwind",
    "aurora-labs",
    "kestrel-ai",
    "quantforge",
    "openmesa",
    "lumen-research",
    "tinybits",
    "bluefjord",
    "medlex",
    "caselaw-ai",
    "finsight",
    "hf-hobbyist",
    "k0dak",
    "mergemonk",
    "grayowl",
    "sable-systems",
    "unihaven",
    "paperplane",
    "zephyr-lab",
    "ironclad-ml",
    "solstice",
    "polyglotte",
)
TASKS: Final = (
    "Instruct",
    "Chat",
    "Med",
    "Legal",
    "Fin",
    "Code",
    "Math",
    "RP",
    "Uncensored",
    "Tool",
    "DPO",
    "ORPO",
    "SFT",
    "Guard",
    "Summ",
    "Edu",
    "Bio",
    "Story",
)
QUANTS: Final = ("GGUF", "AWQ", "GPTQ-Int4", "EXL2-6bpw", "MLX-4bit", "FP8", "bnb-4bit")
RELATIONS: Final = ("finetune", "adapter", "quantized", "merge")
STEP: Final = {"finetune": 4.5, "adapter": 3.2, "quantized": 0.9, "merge": 5.0}
DOMAINS: Final = {"Med": "medical", "Legal": "legal", "Fin": "financial"}
LEVELS: Final = (31.0, 14.0, 9.0, 22.0, 48.0, 48.0, 35.0, 40.0)
"""Where the base stands on each instrument of `explorer_sql.INSTRUMENTS`, in points of risk."""
_TALL: Final = 44
_SMALL: Final = 2_000
_OF_BASE, _OF_INSTRUCT = 0.34, 0.62
"""Up to which draw a model is made from the base, and up to which from its instruct model."""
_FULL: Final = 0.72
_HUBS: Final = 0.25
_INFERRED: Final = 0.12
_OF_HUB: Final = 0.75
_VERSIONED: Final = 0.5


@dataclass(slots=True)
class Family:
    """Columns of models and edges; `level` holds each model's true points of risk, one column per instrument."""

    id: list[str] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    relation: list[str] = field(default_factory=list)
    created: list[datetime] = field(default_factory=list)
    downloads: list[int] = field(default_factory=list)
    others: list[tuple[int, int]] = field(default_factory=list)
    level: list[list[float]] = field(default_factory=list)


def write_family(path: Path, models: int, scored: float, *, families: int = 1) -> None:
    """Write a database of so many models in all, a share of them scored, the most used first."""
    source = random.Random(7)
    family = Family()
    for number in range(families):
        _grow(family, source, models // families, BASE if not number else f"{ORGS[number]}/Base-{number}-8B")
    database = open_database(path)
    connection = database._connection  # noqa: SLF001 - generated rows go past the crawl
    connection.execute("begin")
    tables = {"lent_models": _models(family), "lent_edges": _edges(family, source), **_scores(family, source, scored)}
    for name, columns in tables.items():
        connection.register(name, columns)
    for statement in STATEMENTS:
        connection.execute(statement)
    write_what_follows(database, NOW)
    refresh_within(database)
    connection.execute("commit")
    database.close()


def _grow(family: Family, source: random.Random, models: int, base: str) -> None:
    start = len(family.id)
    hubs = [start]
    used = set(family.id)
    for number in range(models):
        parent = -1 if not number else _parent(family, source, start, hubs)
        relation = "" if parent < 0 else source.choices(RELATIONS, (0.36, 0.33, 0.24, 0.07))[0]
        name = base if parent < 0 else _name(source, family.id[parent], relation, models)
        if number == 1:
            parent, relation, name = start, "finetune", f"{base}-Instruct"
        while name in used:
            name += f"-{source.randrange(2, 9999)}"
        used.add(name)
        _add(family, source, name, parent, relation)
        if relation in {"finetune", "merge"} and source.random() < _HUBS:
            hubs.append(start + number)
        if relation == "merge":
            _merge(family, source, start)
    family.downloads[start] = 2_400_000
    if models > 1:
        family.downloads[start + 1] = 3_900_000


def _parent(family: Family, source: random.Random, start: int, hubs: list[int]) -> int:
    draw = source.random()
    last = len(family.id) - 1
    if draw < _OF_BASE or last == start:
        return start
    if draw < _OF_INSTRUCT:
        return start + 1
    found = source.choice(hubs) if source.random() < _OF_HUB else source.randint(start, last)
    return found if family.relation[found] != "quantized" else start + 1


def _name(source: random.Random, above: str, relation: str, models: int) -> str:
    stem = above.rpartition("/")[2]
    stem = stem[:24].rstrip("-.") if len(stem) > _TALL else stem
    org = source.choice(ORGS)
    if models > _SMALL:
        org += f"{source.choice(('', '-x', '-ai', ''))}{source.randrange(1, models // 40)}"
    match relation:
        case "adapter":
            return f"{org}/{stem}-lora-{source.choice(TASKS).lower()}"
        case "quantized":
            return f"{source.choice(('quantforge', 'tinybits', org))}/{stem}-{source.choice(QUANTS)}"
        case "merge":
            return f"{org}/{stem[:18]}-{source.choice(('SLERP', 'TIES', 'DARE'))}-{source.choice(TASKS)}"
        case _:
            return f"{org}/{stem}-{source.choice(TASKS)}" + (
                f"-v{source.randint(1, 3)}" if source.random() < _VERSIONED else ""
            )


def _add(family: Family, source: random.Random, name: str, parent: int, relation: str) -> None:
    earliest = FIRST if parent < 0 else family.created[parent] + timedelta(days=1)
    created = earliest + (NOW - earliest) * source.betavariate(1, 3.2) if parent >= 0 else FIRST
    above = list(LEVELS) if parent < 0 else family.level[parent]
    level = [one + source.gauss(0, STEP[relation]) if relation else one for one in above]
    last = name.rsplit("-", 1)[-1].lower()
    if last == "uncensored":
        level = [one + shift for one, shift in zip(level, (26, -7, 8, 3, 3, 3, 1, 1), strict=True)]
    if last in {"guard", "dpo"}:
        level = [one + shift for one, shift in zip(level, (-12, 11, -2, 0, 0, 0, 1, 1), strict=True)]
    family.id.append(name)
    family.parent.append(parent)
    family.relation.append(relation)
    family.created.append(created)
    family.downloads.append(int(min(9e5, 10 ** source.gauss(2.1, 1.0))) + 1)
    family.level.append([min(97.0, max(1.0, one)) for one in level])


def _merge(family: Family, source: random.Random, start: int) -> None:
    child = len(family.id) - 1
    for _ in range(source.choice((1, 1, 2))):
        other = source.randrange(start, child)
        if other != family.parent[child] and (child, other) not in family.others:
            family.others.append((child, other))


def _models(family: Family) -> dict[str, object]:
    tokens = [set(one.split("/")[-1].split("-")) for one in family.id]
    domains = [next((domain for token, domain in DOMAINS.items() if token in one), "") for one in tokens]
    return {
        "number": np.arange(len(family.id)),
        "id": np.array(family.id, dtype=object),
        "created": np.array([one.timestamp() for one in family.created]),
        "downloads": np.array(family.downloads),
        "domain": np.array(domains, dtype=object),
    }


def _edges(family: Family, source: random.Random) -> dict[str, object]:
    pairs = [(child, parent) for child, parent in enumerate(family.parent) if parent >= 0] + family.others
    has_others = {child for child, _ in family.others}
    inferred = [source.random() < _INFERRED and child not in has_others for child, _ in pairs]
    return {
        "child": np.array([family.id[child] for child, _ in pairs], dtype=object),
        "parent": np.array([family.id[parent] for _, parent in pairs], dtype=object),
        "relation": np.array([family.relation[child] for child, _ in pairs], dtype=object),
        "inferred": np.array(inferred, dtype=bool),
    }


def _scores(family: Family, source: random.Random, share: float) -> dict[str, dict[str, object]]:
    """Return the scores, and jobs for the most used models without any."""
    size = len(family.id)
    weight = np.log10(np.array(family.downloads)) + 2 * np.random.default_rng(3).random(size)
    weight[[one for one, parent in enumerate(family.parent) if parent < 0]] += 9
    order = np.argsort(-weight).tolist()
    scored = order[: max(2, int(size * share))]
    rows = [
        row
        for rank, node in enumerate(scored)
        for row in _scores_of(family, source, node, is_full=rank < _FULL * len(scored))
    ]
    names = ("node", "slot", "value", "items", "state")
    lent: dict[str, object] = {
        name: np.array(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    queued = order[len(scored) : len(scored) + max(3, size // 30)]
    states = [("queued", "queued", "queued", "leased", "failed", "skipped")[one % 6] for one in range(len(queued))]
    jobs: dict[str, object] = {"node": np.array(queued), "state": np.array(states, dtype=object)}
    return {"lent_scores": {"place": np.arange(len(rows)), **lent}, "lent_jobs": jobs}


def _scores_of(
    family: Family,
    source: random.Random,
    node: int,
    *,
    is_full: bool,
) -> list[tuple[int, int, float, int, int]]:
    slots = range(len(LEVELS)) if is_full else sorted(source.sample(range(len(LEVELS)), source.randint(1, 4)))
    rows = []
    for slot in slots:
        items = source.choices((400, 1600, 6000, 24), (4, 5, 4, 1))[0] if family.parent[node] >= 0 else 6000
        share = family.level[node][slot] / 100
        hits = round(source.gauss(share * items, (share * (1 - share) * items) ** 0.5))
        state = source.choices((0, 1, 2), (0.87, 0.05, 0.08))[0] if family.parent[node] >= 0 else 0
        rows.append((node, slot, min(1.0, max(0.0, hits / items)), items, state))
    return rows
