"""A benchmark's leaderboard on the Hub, as reported: the models, their values, and the source of each."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardRow:
    """One model's result; None if the leaderboard does not say.

    `value` is a number, or the text found in its place. `file` is the file with the result in the model's repository,
    `pull_request` the open pull request that adds it, which makes it a community result. `source_name` and `source_url`
    say where the result comes from, `task` which of the benchmark's tasks it belongs to. All text is untrusted: as long
    and as odd as the Hub allows, up to the crawler's limits.
    """

    rank: int | None
    model: str
    value: float | str
    file: str | None = None
    is_verified: bool = False
    pull_request: int | None = None
    source_name: str | None = None
    source_url: str | None = None
    task: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadRow:
    """A row that could not be read: its position, from 1, and the reason."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """All results of one benchmark, derivatives included; `is_complete` is False if there are more than we read."""

    dataset: str
    rows: tuple[LeaderboardRow, ...] = field(repr=False)
    unread: tuple[UnreadRow, ...] = ()
    is_complete: bool = True
