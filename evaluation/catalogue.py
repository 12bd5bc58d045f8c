"""The catalogue of instruments in use: that of the package, plus what a file of the user adds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lineage.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scores.instruments import Catalogue, Instrument


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


def _beside(path: Path, instrument: Instrument) -> Instrument:
    """Return an instrument whose task file is named by an absolute path, not relative to the file that names it."""
    if instrument.definition is None:
        return instrument
    return replace(instrument, definition=str((path.parent / instrument.definition).resolve()))
