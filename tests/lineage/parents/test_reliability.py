"""Confidence is what was measured: of a case, of a rule, of rules that agree."""

from __future__ import annotations

import pytest

from lineage.parents.habits import Guess, Rule
from lineage.parents.reliability import HitRate, Reliability, default_reliability, read_reliability
from lineage.vocabulary import Relation

TEXT = """
threshold: 0.9
judged: {readme: 0.95, same shape: 0.95}
rules:
  copy suffix: {'': [100, 90], good: [100, 99], rare: [2, 2]}
  series: {'': [100, 60]}
  shape: {one family: [100, 90]}
combinations:
  copy suffix + series, 0.95+: [200, 200]
  copy suffix, 0.95+, opposed: [50, 30]
"""
GOOD = Guess(parent="maple/a", rule="copy suffix", case="good", text="a", relation=Relation.QUANTIZED)


def test_a_case_that_is_rare_has_the_share_of_its_rule() -> None:
    """Few guesses are not believed; a rule that was never measured has no confidence at all."""
    read = read_reliability(TEXT)
    assert read.of("copy suffix", "good") == pytest.approx(99 / 101.5, abs=1e-4)
    assert read.of("copy suffix", "rare") == read.of("copy suffix", "unknown") == pytest.approx(90 / 101.5, abs=1e-4)
    assert read.of("fingerprint", "x") == 0


def test_rules_that_agree_have_what_was_measured_for_them() -> None:
    """Agreement and contradiction each have their own figure; without one, that of the best rule."""
    read = read_reliability(TEXT)
    agreeing = Guess(parent="maple/a", rule="series", case="x", text="b")
    both = read.conclude([agreeing, GOOD])
    assert both is not None
    assert (both.parent, both.rules, both.text, both.relation) == (
        "maple/a",
        ("copy suffix", "series"),
        "a",
        Relation.QUANTIZED,
    )
    assert both.confidence == pytest.approx(200 / 201.5, abs=1e-4)
    against = read.conclude([GOOD, Guess(parent="maple/b", rule="series", case="x", text="b")])
    assert against is not None
    assert against.parent == "maple/a"
    assert against.confidence == pytest.approx(30 / 51.5, abs=1e-4)
    alone = read.conclude([GOOD])
    assert alone is not None
    assert alone.confidence == pytest.approx(99 / 101.5, abs=1e-4)
    assert read.conclude([]) is None


@pytest.mark.parametrize(
    ("name", "among", "parent", "confidence"),
    [
        ("x", "a", "maple/a", 0.95),
        ("good", "a", "maple/a", 99 / 101.5),
        ("x", "ab", "maple/a", 60 / 101.5),
        ("x", "b", "maple/b", 90 / 101.5),
        ("good", "b", "maple/a", 99 / 101.5),
        (None, "ab", "maple/b", 90 / 101.5),
    ],
)
def test_a_shape_that_one_base_has_confirms_a_name(
    name: str | None, among: str, parent: str, confidence: float
) -> None:
    """Not where a base and its chat model share it; where it names another family the surer of both is suggested."""
    shape = Guess(
        parent=f"maple/{among[-1]}",
        rule="shape",
        case="one family",
        text="llama",
        among=frozenset(f"maple/{one}" for one in among),
    )
    rule: Rule = "copy suffix" if name == "good" else "series"
    named = [Guess(parent="maple/a", rule=rule, case=name, text="a")] if name else []
    found = read_reliability(TEXT).conclude([*named, shape])
    assert found is not None
    assert found.parent == parent
    assert found.confidence == pytest.approx(confidence, abs=1e-4)
    assert ("shape" in found.rules) is (among == "a" or parent == "maple/b")


def test_the_figures_of_this_release_are_shares() -> None:
    """Nothing was right more often than it was guessed, the threshold is high, and every rule was measured."""
    read = default_reliability()
    assert isinstance(read, Reliability)
    everything = [*read.cases.values(), *read.combinations.values()]
    assert all(0 <= one.right <= one.guesses and 0 <= one.share < 1 for one in everything)
    assert {rule for rule, case in read.cases if not case} == {
        "copy suffix",
        "fingerprint",
        "known name",
        "longer name",
        "re-upload",
        "series",
    }
    assert 0.9 <= read.threshold < 1
    assert set(read.judged) == {"readme", "weights", "local path", "name or path", "same weights", "same shape"}
    assert HitRate(guesses=0, right=0).share == 0
