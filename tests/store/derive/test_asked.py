"""Which models the rules are asked about: all others get no guess, so asking fewer changes no answer."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from store.derive.inferred_parents import collect_subjects, guess_parents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from store.database import Database
    from tests.store.conftest import Desk

    Rows = Callable[[Database, str], list[tuple[object, ...]]]

AUTHORS = ("maple", "elm", "birch", "studio", "press", "harbor")
BASES = ("heron-base-7b", "heron-base", "wren-large", "otter-asr-small", "legal-notes", "lone")
ENDINGS = ("", "-chat", "-GGUF", "-finetuned-wards", "-lora", "-v2", "-notes", "-4bit", "-notes-GGUF")
MARKS = ("trl", "trl", "trl", "unsloth")
EVERYTHING = "create or replace temp table asked as select bucket, number, parents = 0 as is_asked from subjects"
KNOWN = ("maple/heron-base-7b", "maple/wren-large")
MODELS = 400
EMBER = {"tags": ["mistral", "base_model:core/ember"], "safetensors": {"total": 4_242}}
ALONE: tuple[dict[str, object], ...] = (
    {"id": "quiet/ledger-audit"},
    {"id": "quiet/ledger-audit-extended"},
    {"id": "core/ember", "tags": ["mistral"], "safetensors": {"total": 4_242}},
    {"id": "one/first", **EMBER},
    {"id": "two/second", **EMBER},
    {"id": "three/third", **EMBER},
    {"id": "four/unnamed", "tags": ["mistral"], "safetensors": {"total": 4_242}},
    {"id": "vendor/amber-7b-chat"},
    {"id": "vendor/amber-7b"},
    {"id": "one/amber", "tags": ["base_model:vendor/amber-7b"]},
    {"id": "two/amber", "tags": ["base_model:vendor/amber-7b"]},
    {"id": "three/amber", "tags": ["base_model:vendor/amber-7b"]},
)
"""Models of which one rule alone has something to say: an older name by the author, a shape, a base uploaded later."""


def catalogue(desk: Desk) -> Iterator[dict[str, object]]:
    """Yield records drawn from few authors, names, tags, parents and shapes, so that every rule has a say."""
    chance = Random(7)
    ids: list[str] = []
    for number in range(1, MODELS + 1):
        identity = f"{chance.choice(AUTHORS)}/{chance.choice(BASES)}{chance.choice(ENDINGS)}"
        if number <= len(KNOWN):
            identity = KNOWN[number - 1]
        if identity in ids:
            identity += f"-{number}"
        tags = [chance.choice(MARKS)] if chance.random() < 0.4 else []
        tags += ["llama"] if chance.random() < 0.5 else []
        parent = chance.choice(KNOWN if chance.random() < 0.95 else ids or KNOWN)
        tags += [f"base_model:{parent}"] if number > len(KNOWN) and chance.random() < 0.4 else []
        weights = {"safetensors": {"total": chance.choice((7_000, 7_000, 1_000))}} if chance.random() < 0.3 else {}
        created = {
            "createdAt": f"2026-01-{10 if number <= len(KNOWN) else 1 + number % 28:02}T00:00:00.000Z",
            "downloads": chance.choice((0, 5, 5_000)),
        }
        ids.append(identity)
        yield desk.record(number, id=identity, tags=tags, **created, **weights)
    for number, record in enumerate(ALONE, start=1):
        yield desk.record(MODELS + number, createdAt=f"2026-02-{number:02}T00:00:00.000Z", **record)


def test_a_model_that_is_not_asked_about_has_no_guess(
    desk: Desk, rows_of: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guesses are those that come of asking about every model without a declared parent, and rules differ."""
    desk.take(list(catalogue(desk)))
    desk.derive()
    collect_subjects(desk.database)
    chosen = dict(guess_parents(desk.database))

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
    assert dict(guess_parents(desk.database)) == chosen
    few, every = asked
    assert 0 < int(str(few)) < int(str(every))
    rules = {guess.rule for guesses in chosen.values() for guess in guesses}
    assert rules >= {"copy suffix", "own base", "known base", "longer name", "known name", "series", "shape"}
