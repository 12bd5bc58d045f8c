"""Words on the command line are those of the core, which cannot lend its own: it takes numpy, and `--help` does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lineage import profile
from lineage import vocabulary as choices
from lineage.domains.lexicon import DOMAINS
from lineage.drift.rows import Against
from lineage.exports.formats import TABLES
from lineage.parents.relations import Relation
from lineage.scheduling.job import JobState
from lineage.scheduling.plan import SchedulingPolicy
from lineage.statistics.verdicts import Verdict
from lineage.study.contradictions import GROUPS


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (choices.AgainstName, Against),
        (choices.DomainName, DOMAINS),
        (choices.GroupName, GROUPS),
        (choices.JobStateName, JobState),
        (choices.PolicyName, SchedulingPolicy),
        (choices.RelationName, Relation),
        (choices.ScoreState, [state for state in profile.COVERAGE if state != "queued"]),
        (choices.TableName, TABLES),
        (choices.VerdictName, Verdict),
    ],
    ids=lambda words: getattr(words, "__name__", ""),
)
def test_a_word_is_taken_where_the_core_means_something(words: list[str], meant: list[str]) -> None:
    """Each list has what the other has, in the same order."""
    assert [str(word) for word in words] == [str(word) for word in meant]


def test_words_cost_no_arrays() -> None:
    """Whoever asks for help waits for the words alone."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, lineage.vocabulary; print('numpy' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "False\n"
