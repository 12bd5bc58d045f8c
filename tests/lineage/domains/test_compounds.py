"""Compounds: which runs of letters are split, and into what."""

import pytest

from lineage.domains.compounds import Compounds

COMPOUNDS = Compounds({"med", "law", "esg", "medical", "qa"}, {"expert", "talk", "bot", "lawbot", "for", "ai"})


@pytest.mark.parametrize(
    ("words", "expanded"),
    [
        (["esgexpert"], ["esg", "expert"]),
        (["botforlaw"], ["bot", "for", "law"]),
        (["my", "medtalk", "7"], ["my", "med", "talk", "7"]),
        (["medicalv", "3"], ["medical", "v", "3"]),
        (["medtalkv", "2"], ["med", "talk", "v", "2"]),
    ],
)
def test_words_written_as_one_are_split(words: list[str], expanded: list[str]) -> None:
    """Every part is known and one is a word of the lexicon; the `v` before a number is that of a version."""
    assert COMPOUNDS.expand(words) == expanded


@pytest.mark.parametrize("word", ["lawrence", "outlaw", "comedqa", "remedy", "lawbot", "botexpert", "aiqa", "medicalv"])
def test_other_words_stay_whole(word: str) -> None:
    """So do runs with an unknown part or without a word of the lexicon, companions, and terms of two letters."""
    assert COMPOUNDS.expand([word]) == [word]
    assert COMPOUNDS.expand([word, "x"]) == [word, "x"]


def test_a_split_has_the_fewest_parts() -> None:
    """A longer word is preferred to the shorter ones within it."""
    assert Compounds({"credit", "creditcard"}, {"card", "bot"}).expand(["creditcardbot"]) == ["creditcard", "bot"]
