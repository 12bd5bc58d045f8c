"""Colour: on the words that say the outcome, nowhere else, and nothing but colour is added."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.output.colour import paint_outcomes, paint_relations, paint_states, paint_verdicts

PAINTS = (paint_verdicts, paint_outcomes, paint_states, paint_relations)
COLOUR = re.compile("\x1b\\[\\d+m")


@pytest.mark.parametrize(
    ("paint", "text", "painted"),
    [
        (paint_verdicts, "oak/a\n  harm  WORSE: riskier by 3.0", "oak/a\n  harm  \x1b[31mWORSE\x1b[0m: riskier by 3.0"),
        (paint_verdicts, "  harm  BETTER: safer", "  harm  \x1b[32mBETTER\x1b[0m: safer"),
        (paint_verdicts, "  harm  UNDECIDED: +0.1", "  harm  \x1b[2mUNDECIDED\x1b[0m: +0.1"),
        (paint_verdicts, "  harm  EQUIVALENT: within 3.0", "  harm  EQUIVALENT: within 3.0"),
        (
            paint_outcomes,
            "FAIL (1 model), PASS (2 models)  r: x",
            "\x1b[31mFAIL\x1b[0m (1 model), \x1b[32mPASS\x1b[0m (2 models)  r: x",
        ),
        (paint_outcomes, "SKIPPED (1 model)  r: x", "\x1b[2mSKIPPED\x1b[0m (1 model)  r: x"),
        (paint_states, "disk  problem  full", "disk  \x1b[31mproblem\x1b[0m  full"),
        (paint_relations, "├─ adapter oak/b  [legal]", "├─ \x1b[36madapter\x1b[0m oak/b  [legal]"),
        (paint_relations, "`- merge? oak/b", "`- \x1b[36mmerge\x1b[0m? oak/b"),
    ],
)
def test_the_word_that_says_the_outcome_is_coloured(paint: object, text: str, painted: str) -> None:
    """Worse and failed are red, better and passed green, what is open dim; relations are cyan."""
    assert callable(paint)
    assert paint(text) == painted


@pytest.mark.parametrize(
    "text", ["oak/WORSE", "a reason: FAIL", "is ok here", "├─ finetune2 oak/merge", "merge oak/adapter"]
)
def test_other_words_are_left(text: str) -> None:
    """A name or a sentence with such a word stays as it is."""
    assert [paint(text) for paint in PAINTS] == [text] * len(PAINTS)


@given(st.text())
def test_nothing_but_colour_is_added(text: str) -> None:
    """Without the colour the text is as before."""
    if not COLOUR.search(text):
        assert all(COLOUR.sub("", paint(text)) == text for paint in PAINTS)
