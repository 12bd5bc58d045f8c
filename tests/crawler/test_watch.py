"""Watching: rounds and their intervals, what is posted, and that nothing but a wrong question ends a watch."""

from __future__ import annotations

import pytest

from crawler.errors import Unreachable
from crawler.hub_events import ToldModels
from crawler.watch import POSTED_AT_ONCE, RoundFailed, RoundFinished, message, read_every, watch
from lineage.errors import LineageError, UsageError

NEWS = {"kind": "new_derivative", "model": "maple/a", "made_of": "adapter of maple/b"}


class Rounds:
    """What each round finds or raises, and how long was waited between them."""

    def __init__(self, *outcomes: object) -> None:
        self.left = list(outcomes)
        self.waits: list[float] = []
        self.looked: list[tuple[str, ...]] = []
        self.told: list[ToldModels | None] = []

    def look(self, models: tuple[str, ...]) -> list[dict[str, object]]:
        """Return or raise the next outcome."""
        self.looked.append(models)
        outcome = self.left.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        assert isinstance(outcome, list)
        return outcome

    def wait(self, seconds: float) -> ToldModels | None:
        """Count instead of waiting; Ctrl-C where the rounds are at their end."""
        self.waits.append(seconds)
        if not self.left:
            raise KeyboardInterrupt
        return self.told.pop(0) if self.told else None


def test_it_looks_again_and_again_until_it_is_stopped() -> None:
    """Every round is told in its turn; Ctrl-C between rounds leaves nothing half done."""
    rounds = Rounds([NEWS], [], [NEWS, NEWS])
    events = watch(rounds.look, wait=rounds.wait, every_seconds=7)
    assert [next(events) for _ in range(3)] == [
        RoundFinished(round_number=1, notices=[NEWS]),
        RoundFinished(round_number=2, notices=[]),
        RoundFinished(round_number=3, notices=[NEWS, NEWS]),
    ]
    assert rounds.waits == [7, 7]
    with pytest.raises(KeyboardInterrupt):
        next(events)


def test_models_that_are_told_of_are_looked_at_between_two_rounds() -> None:
    """They do not put the next round off, and one that fails does not end the watch."""
    rounds = Rounds([], [NEWS], LineageError("gone"), [])
    rounds.told = [ToldModels(models=("maple/a",), seconds_left=5), ToldModels(models=("elm/b",), seconds_left=2), None]
    events = list(watch(rounds.look, wait=rounds.wait, every_seconds=7, rounds=2))
    assert events == [
        RoundFinished(round_number=1, notices=[]),
        RoundFinished(round_number=1, notices=[NEWS], models=("maple/a",)),
        RoundFailed(round_number=1, reason="gone"),
        RoundFinished(round_number=2, notices=[]),
    ]
    assert rounds.looked == [(), ("maple/a",), ("elm/b",), ()]
    assert rounds.waits == [7, 5, 2]


def test_a_round_that_fails_is_told_and_the_next_one_comes() -> None:
    """No network or a locked database is a line, not an end."""
    rounds = Rounds(LineageError("the Hub is gone"), [NEWS])
    events = list(watch(rounds.look, wait=rounds.wait, every_seconds=7, rounds=2))
    assert events == [
        RoundFailed(round_number=1, reason="the Hub is gone"),
        RoundFinished(round_number=2, notices=[NEWS]),
    ]


@pytest.mark.parametrize("error", [LineageError("gone"), KeyboardInterrupt(), UsageError("no such thing")])
def test_the_failure_of_the_only_round_is_raised(error: BaseException) -> None:
    """`--once` tells by its exit code."""
    rounds = Rounds(error)
    with pytest.raises(type(error)):
        list(watch(rounds.look, wait=rounds.wait, every_seconds=7, rounds=1))
    assert rounds.waits == []


def test_a_wrong_question_ends_the_watch() -> None:
    """What no later round could answer is raised."""
    rounds = Rounds(UsageError("no such thing"), [NEWS])
    with pytest.raises(UsageError):
        list(watch(rounds.look, wait=rounds.wait, every_seconds=7))


def test_news_are_posted_after_they_are_told_in_parts() -> None:
    """A round without news posts nothing; a long one posts in parts; a part that fails costs no other."""
    posted: list[object] = []

    def post(payload: object) -> str | None:
        posted.append(payload)
        return "HTTP 500" if len(posted) == 1 else None

    rounds = Rounds([], [NEWS] * (POSTED_AT_ONCE + 1))
    events = list(watch(rounds.look, wait=rounds.wait, every_seconds=7, rounds=2, post=post))
    assert [type(event) for event in events] == [RoundFinished, RoundFinished, RoundFailed]
    assert posted == [message([NEWS] * POSTED_AT_ONCE), message([NEWS])]


def test_a_message_is_text_and_data() -> None:
    """Chat rooms show the text; programs read the changes as they are printed."""
    change = {"kind": "licence", "model": "maple/a", "before": "mit", "after": None, "seen_at": "2026-03-01"}
    assert message([NEWS, change]) == {
        "text": "new_derivative: maple/a (made_of adapter of maple/b)\nlicence: maple/a (before mit)",
        "changes": [NEWS, change],
    }
    assert message([{"kind": "new_model", "model": "m"}])["text"] == "new_model: m"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), (" 6H", 21600), ("1 d", 86400)])
def test_an_interval_is_read(text: str, seconds: int) -> None:
    """A number and a unit."""
    assert read_every(text) == seconds


@pytest.mark.parametrize("text", ["", "6", "h", "59s", "31d", "-6h", "1.5h", "6 hours", "99999999d", "0m"])
def test_an_interval_that_is_none_is_refused(text: str) -> None:
    """What is no interval, too short for a Hub or too long to be meant."""
    with pytest.raises(UsageError):
        read_every(text)


def test_errors_of_the_wire_are_of_the_kind_that_a_watch_survives() -> None:
    """The failure of a connection is a LineageError, and no fault of the command line."""
    assert issubclass(Unreachable, LineageError)
    assert not issubclass(Unreachable, UsageError)
