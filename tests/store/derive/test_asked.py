"""Which models the rules are asked about: all others get no guess, so asking fewer changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.derive.inferred_parents import collect_forms, collect_subjects, guess_parents, learn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from store.database import Database
    from tests.store.conftest import Desk

    Rows = Callable[[Database, str], list[tuple[object, ...]]]
    Catalogue = Callable[[], Iterator[dict[str, object]]]

EVERYTHING = "create or replace temp table asked as select bucket, number, parents = 0 as is_asked from subjects"


def test_a_model_that_is_not_asked_about_has_no_guess(
    desk: Desk, catalogue: Catalogue, rows_of: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guesses are those that come of asking about every model without a declared parent, and rules differ."""
    desk.take(list(catalogue()))
    desk.derive()
    collect_subjects(desk.database)
    collect_forms(desk.database)
    chosen = dict(guess_parents(desk.database, learn(desk.database)))

    def ask_all(database: Database, name: str, /, **parameters: object) -> object:
        found = run(database, name, **parameters)
        if name == "inferred_parents/collect_asked":
            asked.append(rows_of(database, "select count(*) from asked where is_asked")[0][0])
            rows_of(database, EVERYTHING)
            asked.append(rows_of(database, "select count(*) from asked where is_asked")[0][0])
        return found

    asked: list[object] = []
    run = type(desk.database).run
    monkeypatch.setattr(type(desk.database), "run", ask_all)
    assert dict(guess_parents(desk.database, learn(desk.database))) == chosen
    few, every = asked
    assert 0 < int(str(few)) < int(str(every))
    rules = {guess.rule for guesses in chosen.values() for guess in guesses}
    assert rules >= {"copy suffix", "own base", "known base", "longer name", "known name", "series", "shape"}
