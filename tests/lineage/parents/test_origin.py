"""What is said of a model without a known parent."""

from __future__ import annotations

import pytest

from lineage.parents.origin import Origin


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(model="oak/a"), "declares no parent; none inferred"),
        (Origin(model="oak/a", likely_parent="fir/b", confidence=0.812), "undeclared; likely made from fir/b, 0.81"),
        (Origin(model="oak/a", contradicted=("fir/b",)), "weights contradict fir/b; parent open"),
        (
            Origin(model="oak/a", contradicted=("fir/b", "fir/c"), relatives=("ash/d", "ash/e")),
            "weights contradict fir/b and fir/c; one origin with ash/d, ash/e; parent open",
        ),
        (
            Origin(model="oak/a", contradicted=("fir/b",), relatives=("ash/d",), likely_parent="ash/d", confidence=0.9),
            "weights contradict fir/b; likely made from ash/d, 0.90",
        ),
    ],
)
def test_an_origin_is_told_in_words(origin: Origin, words: str) -> None:
    """What weights contradict comes first, then what is likely, then what else they show."""
    assert origin.words == words


def test_only_a_person_settles_what_weights_contradict() -> None:
    """Its files name the parent that is contradicted; reading them again does not help."""
    assert "lineage edge add" in Origin(model="oak/a", contradicted=("fir/b",), is_declaring=True).remedy
    assert "lineage crawl" not in Origin(model="oak/a", contradicted=("fir/b",)).remedy
