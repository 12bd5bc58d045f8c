"""The catalogue of instruments in use: that of the package, plus what a file of the user adds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lineage.errors import UsageError
from lineage.text.suggest import perhaps

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scores.instruments import Catalogue, Instrument
    from store.database import Database


def chosen_catalogue(path: Path | None) -> Catalogue:
    """Return the catalogue with what a file adds, None for no file; raises UsageError or InstrumentFault."""
    from lineage.scores.instrument_file import default_catalogue, read_instruments

    if path is None:
        return default_catalogue()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the instruments {path} cannot be read: {error}") from error
    declared = read_instruments(text, str(path))
    return default_catalogue().with_more(_beside(path, one) for one in declared)


def find_instrument(catalogue: Catalogue, name: str) -> Instrument:
    """Return the instrument of a name; raises UsageError for an unknown one."""
    found = catalogue.find(name)
    if found is None:
        near = perhaps(name, (one.name for one in catalogue))
        raise UsageError(f"no instrument is called {name}{near}; `lineage instruments` lists them")
    return found


def with_stored(catalogue: Catalogue, database: Database) -> Catalogue:
    """Return a catalogue with the instruments that the database keeps and the catalogue does not have.

    What a catalogue or a file declares counts more than what was declared at an earlier import. The names of other
    tools' tasks are not kept: only a file has them.
    """
    from store.scores.current import load_identities

    stored = (one.instrument for one in load_identities(database))
    return catalogue.with_more(one for one in stored if catalogue.find(one.name) is None)


def _beside(path: Path, instrument: Instrument) -> Instrument:
    """Return an instrument whose task file is named by an absolute path, not relative to the file that names it."""
    if instrument.definition is None:
        return instrument
    return replace(instrument, definition=str((path.parent / instrument.definition).resolve()))
