"""What a crawl is asked for, and which others cover it."""

from __future__ import annotations

import pytest

from crawler.scope import Scope

ALL = Scope()
MEDICAL = Scope(domains=("medical",))
EVERY = Scope(domains=("medical", "legal", "financial"))


def test_a_scope_is_told_in_one_way() -> None:
    """Domains in any order make one text, what else is asked for follows."""
    assert EVERY.text == Scope(domains=("legal", "financial", "medical")).text == "financial,legal,medical"
    assert Scope(domains=("legal",), siblings=True, deep=True, sweep=True).text == "legal siblings deep sweep"
    assert Scope(sweep=True).text == "all sweep"


@pytest.mark.parametrize(
    ("scope", "covering", "is_covered"),
    [
        (MEDICAL, EVERY, True),
        (EVERY, MEDICAL, False),
        (MEDICAL, Scope(domains=("legal", "financial")), False),
        (MEDICAL, ALL, True),
        (MEDICAL, Scope(deep=True, sweep=True, siblings=True), True),
        (ALL, EVERY, False),
        (ALL, Scope(sweep=True), True),
        (Scope(domains=("legal",), siblings=True), Scope(domains=("legal",)), False),
        (Scope(domains=("legal",), siblings=True), ALL, True),
        (Scope(domains=("legal",)), Scope(domains=("legal", "medical"), siblings=True, deep=True), True),
        (Scope(domains=("legal",), deep=True), Scope(domains=("legal",)), True),
    ],
)
def test_a_scope_is_covered_by_a_wider_one(scope: Scope, covering: Scope, is_covered: bool) -> None:  # noqa: FBT001 -- a case's value
    """More domains, siblings or the whole Hub cover less; a load covers everything."""
    assert scope.is_covered_by(covering.text) is is_covered
    assert scope.is_covered_by("load")
