"""The options of tasks that Inspect runs, and how options are written on the command line."""

from __future__ import annotations

import pytest

from evaluation.engines.inspect.options import read_options
from evaluation.engines.options import Value, read_given
from evaluation.errors import OptionInvalid
from lineage.errors import UsageError


def test_replies_are_drawn_without_chance_unless_told() -> None:
    """What the user leaves out is bounded and greedy; `own_decoding` leaves it to the task."""
    usual = read_options({}).settings()
    assert usual == {
        "max_connections": 16,
        "max_retries": 5,
        "attempt_timeout": 600,
        "temperature": 0.0,
        "seed": 1234,
    }
    own = read_options({"own_decoding": True, "max_tokens": 7, "sample_seconds": 5}).settings()
    assert own == {"max_connections": 16, "max_retries": 5, "attempt_timeout": 600, "time_limit": 5}
    assert read_options({"temperature": 1, "max_tokens": 7}).settings()["max_tokens"] == 7


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"speed": 1}, "speed"),
        ({"of_task": 1}, "of_task"),
        ({"connections": "4"}, "connections"),
        ({"connections": True}, "connections"),
        ({"connections": 0}, "connections"),
        ({"attempts": 0}, "attempts"),
        ({"temperature": -1.0}, "temperature"),
        ({"grader_url": "http://127.0.0.1:1"}, "grader"),
    ],
)
def test_an_option_that_is_none_is_named(given: dict[str, Value], name: str) -> None:
    """Unknown names, other types, and values out of range."""
    with pytest.raises(OptionInvalid, match=f"^{name}"):
        read_options(given)


def test_a_value_is_what_it_reads_as() -> None:
    """True and false, numbers, and texts with whatever they hold."""
    given = ["a=true", "b=8", "c=0.5", "d=org/model", "e=x=y", "f="]
    assert read_given(given) == {"a": True, "b": 8, "c": 0.5, "d": "org/model", "e": "x=y", "f": ""}
    assert read_options(read_given(["task.count=3", "seed=4"])).of_task == {"count": 3}


@pytest.mark.parametrize(
    ("words", "told"),
    [(["a"], "NAME=VALUE"), (["=3"], "NAME=VALUE"), (["task.=3"], "NAME=VALUE"), (["a=1", "a=2"], "twice")],
)
def test_what_is_no_option_is_wrong_usage(words: list[str], told: str) -> None:
    """A name and a value, each name once."""
    with pytest.raises(UsageError, match=told):
        read_given(words)
