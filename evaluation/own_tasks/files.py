"""The user's own files of items: where they lie, and whether they are what an instrument needs.

The folder is named by the environment variable `LINEAGE_DATA`; a file is JSON lines.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.scheduling.default_instruments import NoItems
from lineage.scores.instruments import FOLDER_VARIABLE

if TYPE_CHECKING:
    from lineage.scores.instruments import Catalogue, Instrument, ItemsFile

LONGEST_LINE: Final = 1 << 20
"""Characters of the first line, which tells the columns."""


def items_path(name: str) -> Path | None:
    """Return where the user's file of a name would lie; None where no folder is named."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder) / name if folder else None


def problem_of(wanted: ItemsFile) -> str | None:
    """Return why a file cannot be used, or None where nothing speaks against it: only its first line is read."""
    path = items_path(wanted.name)
    if path is None:
        return f"{FOLDER_VARIABLE} is not set"
    try:
        with path.open(encoding="utf-8") as file:
            first = json.loads(file.readline(LONGEST_LINE))
    except FileNotFoundError:
        return f"there is none in {path.parent}"
    except (OSError, ValueError, RecursionError):
        return f"{path} holds no JSON lines"
    lacking = [name for name in wanted.columns if not isinstance(first, dict) or name not in first]
    return f"{path} lacks {', '.join(lacking)}" if lacking else None


def file_problems(catalogue: Catalogue) -> dict[str, str | None]:
    """Return for every file that instruments need why it cannot be used, or None where it can."""
    files = {one.items_file for one in catalogue if one.items_file is not None}
    return {file.name: problem_of(file) for file in files}


def require_items(instrument: Instrument) -> None:
    """Raise NoItems where an instrument needs a file of the user's that cannot be used."""
    wanted = instrument.items_file
    if wanted is not None and not wanted.is_optional and (problem := problem_of(wanted)) is not None:
        raise NoItems(instrument.name, wanted, problem)
