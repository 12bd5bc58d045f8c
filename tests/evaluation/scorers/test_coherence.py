"""The figures of coherence: how broken models break, and what must not count as broken."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.scorers.coherence import incoherence_scorer, is_incoherent, measure

PROSE = (
    "The maple grows slowly in the shade of older trees, and waits for one of them to fall. Then it has some years of "
    "light, in which it must be quicker than its neighbours. Most seedlings never see that day; those which do carry "
    "the marks of the wait in their narrow rings, and a forester reads them as others read letters."
)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "   \n\t ",
        "the the the " * 40,
        "I will help you. " * 40,
        "a" * 400,
        "!?!?" * 50,
        "ab" * 100,
        "\ufffd" * 60,
        "好的" * 80,
        PROSE + " and so on and so on" * 120,
    ],
)
def test_incoherent(reply: str) -> None:
    """Nothing, loops, one character for ever, and noise of symbols."""
    assert is_incoherent(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "Yes.",
        "42",
        PROSE,
        "\n".join(f"{number}. Take {number} cups of flour and stir." for number in range(1, 12)),
        "| a | b |\n|---|---|\n" + "\n".join(f"| {n} | {n * n} |" for n in range(20)),
        "def f(x):\n    return x + 1\n\nprint(f(2))",
        "我们可以从以下几个方面来看这个问题：首先是历史背景，其次是经济原因，最后是文化影响，这三者互相关联。",  # noqa: RUF001 -- Chinese punctuation is meant
        "👍",
    ],
)
def test_coherent(reply: str) -> None:
    """Short answers, prose, lists, tables, code and languages without spaces; a thumb is all strange, and is one."""
    assert is_incoherent(reply) == (reply == "👍")


@given(st.text(max_size=3000) | st.binary(max_size=300).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_any_reply_is_measured(reply: str) -> None:
    """Measuring never fails, and shares are shares."""
    found = measure(reply)
    assert 0 <= found.strange <= 1
    assert found.repetition is None or 0 <= found.repetition <= 1
    assert found.entropy_bits is None or found.entropy_bits >= 0


@given(st.integers(0, 1000), st.integers(30, 200))
def test_repeating_a_reply_raises_its_repetition(seed: int, count: int) -> None:
    """Words of a large vocabulary hardly repeat; three times the same are two thirds repetition."""
    words = [f"w{random.Random(seed + place).randrange(10**9)}" for place in range(count)]
    once, thrice = measure(" ".join(words)).repetition, measure(" ".join(words * 3)).repetition
    assert once == 0
    assert thrice is not None
    assert thrice > 0.55


def test_the_scorer_names_its_thresholds() -> None:
    """The name that goes into an identity carries a hash, as other thresholds are another scorer."""
    assert incoherence_scorer().startswith("incoherence_figures@")
