"""What is said of a change: one of four things, or nothing."""

from __future__ import annotations

import numpy as np

from lineage.statistics.comparison import from_stderr
from lineage.statistics.verdicts import VERDICTS, decide, is_small
from lineage.vocabulary import Verdict

NAN = float("nan")


def test_each_verdict() -> None:
    """The sign decides between worse and better, equivalence comes after a change, the unknown is withheld."""
    cases = {
        (0.1, 0.01, 0.9): Verdict.WORSE,
        (-0.1, 0.05, 0.9): Verdict.BETTER,
        (0.01, 0.001, 0.001): Verdict.WORSE,
        (0.01, 0.2, 0.04): Verdict.EQUIVALENT,
        (0.01, 0.2, NAN): Verdict.UNDECIDED,
        (0.01, 0.2, 0.2): Verdict.UNDECIDED,
        (0.01, NAN, 0.2): Verdict.WITHHELD,
        (NAN, 0.01, 0.2): Verdict.WITHHELD,
    }
    delta, q_value, q_equivalence = (np.array(column) for column in zip(*cases, strict=True))
    codes = decide(from_stderr(delta, 0.01, count=9), q_value, q_equivalence)
    assert [VERDICTS[code] for code in codes] == list(cases.values())


def test_alpha_is_the_callers() -> None:
    """A stricter level takes the verdict back."""
    found = from_stderr([0.1], 0.01, count=9)
    assert VERDICTS[decide(found, [0.02], [0.9])[0]] is Verdict.WORSE
    assert VERDICTS[decide(found, [0.02], [0.9], alpha=0.01)[0]] is Verdict.UNDECIDED


def test_a_change_can_be_real_and_small() -> None:
    """Significant and within the margin is marked; either alone is not."""
    assert is_small([0.01, 0.01, 0.2, NAN], [0.01, 0.2, 0.01, 0.01]).tolist() == [True, False, False, False]
