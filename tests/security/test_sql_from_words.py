"""Whatever is asked for by name is a value to SQL: no name or selector changes the database or reads elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.errors import LineageError
from store.connect import open_database
from store.derive.model_names import find_model
from store.outputs.fingerprint import fingerprint
from store.queries.select import select

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from store.database import Database

ATTACKS = (
    "'; drop table hub.models; --",
    "' or '1'='1",
    "') union select body from hub.records --",
    "maple/base'; copy hub.models to 'stolen.csv'; --",
    "x' || (select content from read_text('/etc/hostname')) || '",
    "$1",
    "?",
    "%",
    "_",
    "\\",
    "\x00",
)
FORMS = ("{}", "{}+", "+{}", "domain:{}", "license:{}", "author:{}", "relation:{}", "!{}", "({})", '"{}"', "maple/{}*")


@pytest.fixture(name="reader", scope="module")
def fixture_reader(hostile_db: Path) -> Iterator[Database]:
    """Give the hostile database, open to be read."""
    opened = open_database(hostile_db, "read")
    yield opened
    opened.close()


@pytest.fixture(name="before", scope="module")
def fixture_before(reader: Database) -> str:
    """Give the hash of all that it holds."""
    return fingerprint(reader).hash


def answered(reader: Database, text: str) -> int | None:
    """Return how many models a selector names, or None where it is refused."""
    try:
        return len(select(reader, text))
    except LineageError:
        return None


@pytest.mark.parametrize("form", FORMS)
def test_no_selector_is_sql(
    reader: Database,
    before: str,
    hostile: Mapping[str, str],
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every attack and every text of the list, in every place of a selector, names models or is refused."""
    monkeypatch.chdir(tmp_path)
    everything = len(select(reader, "*"))
    for text in (*ATTACKS, *hostile.values()):
        found = answered(reader, form.format(text))
        assert found is None or form.startswith("!") or found < everything
    assert fingerprint(reader).hash == before
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_any_text_names_models_or_nobody(reader: Database, text: str) -> None:
    """Nothing but the errors that a user is told comes of any text."""
    answered(reader, text)


def test_no_name_is_sql(reader: Database, before: str, hostile: Mapping[str, str]) -> None:
    """A name leads to the model that is called so, or to nobody."""
    for text in (*ATTACKS, *hostile.values()):
        try:
            found = find_model(reader, f"foe/{text}")
        except LineageError:
            assert text in ATTACKS or text.encode("utf-8", "replace").decode() != text
        else:
            assert found == f"foe/{text}"
    assert fingerprint(reader).hash == before
