"""Logs of Inspect on this machine: where they are, how a run ended, and that none contains a key."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evaluation.engines.inspect.subprocess import redacted
from evaluation.errors import CannotRun, ImportRefused, InspectFailed
from evaluation.imports.zip_entries import open_archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evaluation.engines.endpoint.api_key import ApiKey

SUFFIX: Final = ".eval"
SUCCESS: Final = "success"
_HEADER, _START = "header.json", "_journal/start.json"


def default_folder() -> Path:
    """Return the usual folder of logs, which are kept as evidence for the scores."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "lineage" / "inspect"


def find_logs(folder: Path) -> tuple[Path, ...]:
    """Return the logs in a folder, the latest last: their names begin with the time."""
    return tuple(sorted(folder.glob(f"*{SUFFIX}")))


def find_unfinished(folder: Path) -> Path | None:
    """Return the log of a run that did not end and can go on, or None where there is none."""
    for log in reversed(find_logs(folder)):
        with suppress(ImportRefused), open_archive(log) as archive:
            is_begun = _START in archive.entries
            is_done = _HEADER in archive.entries and archive.document(_HEADER).at("status").value == SUCCESS
            return log if is_begun and not is_done else None
    return None


def check_ended(log: Path, task: str, keys: Iterable[ApiKey]) -> None:
    """Raise InspectFailed if a run did not end well, with its own explanation."""
    with open_archive(log) as archive:
        if _HEADER not in archive.entries:
            raise InspectFailed(task, "its log was cut off")
        header = archive.document(_HEADER)
        status, error = header.at("status").value, header.at("error", "message").value
    if status != SUCCESS:
        raise InspectFailed(task, redacted(f"its run ended with {status}: {error}", keys))


def check_arguments(log: Path, task: str, given: Iterable[str]) -> None:
    """Raise CannotRun if a task does not accept one of its arguments: Inspect would ignore it."""
    with open_archive(log) as archive:
        taken = archive.document(_HEADER).at("eval", "task_args").fields()
    if unknown := sorted(set(given) - taken.keys()):
        raise CannotRun(task, f"it has no argument {', '.join(unknown)}; it takes {', '.join(taken) or 'none'}")


def remove_if_told(log: Path, task: str, keys: tuple[ApiKey, ...]) -> None:
    """Remove a log that contains a key, which a server may have echoed; raises InspectFailed if it did."""
    if not keys:
        return
    try:
        with open_archive(log) as archive:
            names = [name for name in archive.entries if name.endswith(".json")]
            is_told = any(
                redacted(text, keys) != text for name in names for text in _texts(archive.document(name).value)
            )
    except ImportRefused:  # what cannot be read cannot be cleared
        is_told = True
    if is_told:
        log.unlink()
        raise InspectFailed(task, f"its log held {keys[0].variable} or could not be read, and was removed")


def _texts(value: object) -> Iterator[str]:
    """Yield all texts in a JSON value, including names of fields."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left.extend((*one, *one.values()))
        elif isinstance(one, list):
            left.extend(one)
