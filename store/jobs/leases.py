"""Leases: which process has which jobs, and until when.

One process holds the database, so a lease of any other process is that of a process that ended. Within its own process,
time decides: a silent worker loses its lease when it runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lineage.scheduling.job import Change
from lineage.vocabulary import EngineName
from store.jobs.queue import find_jobs, lent_numbers, move
from store.jobs.results import end_attempts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from lineage.scheduling.job import Job
    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFilter:
    """Which queued jobs may be claimed: those of some engines, or with certain numbers; None for any.

    Without `is_served` no job is claimed that needs the address of a server and has none of its own, and none
    of those `but`.
    """

    engines: tuple[str, ...] | None = None
    only: frozenset[int] | None = None
    is_served: bool = True
    but: frozenset[int] = frozenset()

    @property
    def parameters(self) -> dict[str, object]:
        """Return it as parameters of a statement."""
        return {
            "engines": None if self.engines is None else list(self.engines),
            "only": None if self.only is None else sorted(self.only),
            "unserved": [] if self.is_served else [EngineName.ENDPOINT.value],
            "but": sorted(self.but),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseHolder:
    """The holder of a lease: a process, and its number for the lease."""

    owner: str
    lease: int


def claim(
    database: Database, ready: ReadyFilter, holder: LeaseHolder, *, at: datetime, expires_at: datetime, most: int
) -> tuple[Job, ...]:
    """Lease at most `most` queued jobs of the family of the most urgent one; none if nothing is queued.

    They come in an order that uses again what is loaded: a base before its adapters, and the instruments of a model one
    after the other.
    """
    with database.transaction():
        rows = database.run("queue/list_ready", **ready.parameters, most=most).rows
        order = [cast("int", row[0]) for row in rows]
        moved = move(database, order, Change.CLAIM, at)
        with lent_numbers(database, moved):
            database.run("queue/set_lease", owner=holder.owner, lease=holder.lease, expires_at=expires_at)
        jobs = {job.number: job for job in find_jobs(database, moved)}
    return tuple(jobs[number] for number in order)


def count_ready(database: Database, ready: ReadyFilter) -> tuple[int, int]:
    """Return how many jobs may be claimed, and how many items they have left as far as is known."""
    jobs, items = database.run("queue/count_ready", **ready.parameters).rows[0]
    return cast("int", jobs), int(cast("int", items))


def extend(database: Database, holder: LeaseHolder, expires_at: datetime) -> None:
    """Extend a lease: its worker reported that it is alive."""
    database.run("queue/extend_lease", owner=holder.owner, lease=holder.lease, expires_at=expires_at)


def reclaim(database: Database, owner: str, at: datetime) -> tuple[int, ...]:
    """Queue again the jobs of processes that ended, and return them; their attempts count as lost."""
    return _take_back(database, leased(database, owner, is_ours=False), at, "lost")


def give_back(database: Database, numbers: Sequence[int], at: datetime) -> tuple[int, ...]:
    """Queue leased jobs again that were stopped from outside, and return them: the attempts do not count as failed."""
    return _take_back(database, numbers, at, "returned")


def leased(database: Database, owner: str, *, is_ours: bool = True, out_at: datetime | None = None) -> tuple[int, ...]:
    """Return the jobs leased to a process, or to all others; with `out_at`, those whose lease had run out by then."""
    rows = database.run("queue/list_leased", owner=owner, is_ours=is_ours, at=out_at).rows
    return tuple(cast("int", row[0]) for row in rows)


def _take_back(database: Database, numbers: Sequence[int], at: datetime, outcome: str) -> tuple[int, ...]:
    with database.transaction():
        end_attempts(database, numbers, outcome)
        return move(database, numbers, Change.RETURN, at)
