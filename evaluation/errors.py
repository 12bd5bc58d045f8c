"""What can go wrong with scores that come in, and with models that are run.

EvaluationError
├── ImportRefused  a file cannot be read in full, so nothing of it is stored
├── NotRecognised  a file has none of the known formats
├── CannotRun      a model or a task cannot be run here at all
│   └── OptionInvalid  an option of a task has an unknown name or an invalid value
├── MeasuredOtherwise  the scores of a model to be repaired were measured in another way than it is asked now
├── NotServed      a job cannot be run now because of the server that it needs; another may run it, or this one later
├── InspectFailed  a run of Inspect did not end well, and another attempt may
├── VllmFailed     the process of vLLM ended or failed, and another attempt may not
├── NotFetched     the Hub did not give the files of a model this time
│   └── CacheFull  the cache has no room for them while what is in it is in use
└── QueueRuns      the queue cannot be changed while another process runs it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_MESSAGE: Final = 500
LONGEST_REASON: Final = 600
GIB: Final = 1 << 30


class EvaluationError(LineageError):
    """An evaluation or an import failed."""


class ImportRefused(EvaluationError):
    """A file cannot be read completely; nothing of it is stored.

    `place` is where in the file, such as `line 12` or `results.truthfulqa_mc1`; None for the whole file.
    """

    hint = "nothing of this file was stored; fix it, or leave it out"

    def __init__(self, path: Path, place: str | None, problem: str, hint: str | None = None) -> None:
        """Say which file, where in it, and what is wrong."""
        where = f"{path}" if place is None else f"{path}, {place}"
        super().__init__(plain(f"{where}: {problem}", LARGEST_MESSAGE))
        self.path = path
        self.place = place
        self.problem = problem
        if hint is not None:
            self.hint = hint


class NotRecognised(EvaluationError):
    """A file has none of the known formats."""

    hint = "`lineage docs scores` lists the formats; name one with --as if the file does not show it"
    exit_code = 2

    def __init__(self, path: Path) -> None:
        """Say which file."""
        super().__init__(plain(f"{path}: not in a known format of scores"))
        self.path = path


class CannotRun(EvaluationError):
    """A model or a task cannot be run here at all, and another attempt cannot help."""

    def __init__(self, what: str, reason: str, hint: str = "") -> None:
        """Say which model or task, and why."""
        super().__init__(plain(f"{what}: {reason}", LARGEST_MESSAGE))
        self.what = what
        self.reason = reason
        self.hint = hint


class OptionInvalid(CannotRun):
    """An option of a task has an unknown name or an invalid value."""

    exit_code = 2

    def __init__(self, name: str, problem: str) -> None:
        """Say which option, and what is wrong with it."""
        super().__init__(name, problem, "`lineage docs evaluating` lists the options")


class NotServed(EvaluationError):
    """The server that a job needs cannot run it now, and nothing is wrong with the job: it goes back to the queue.

    `is_away` is true where the server can run no job at all.
    """

    is_away = True


class MeasuredOtherwise(EvaluationError):
    """The scores of a model that is to be repaired were measured in another way than its recipes are asked."""

    def __init__(self, model: str, stored: str, asked: str) -> None:
        """Name the model, the identity of its scores, and that of what is asked now."""
        super().__init__(f"{model} and its base were measured as {stored}, but are asked as {asked} here")
        name = stored.partition("@")[0]
        self.hint = (
            "give the --option with which they were measured, or reject these runs "
            f"(`lineage scores list --instrument {name}`)"
        )
        self.model, self.stored, self.asked = model, stored, asked


class InspectFailed(EvaluationError):
    """A run of Inspect did not end well."""

    hint = "the log is kept; `inspect view` shows it"

    def __init__(self, task: str, reason: str) -> None:
        """Say which task, and what the run said, without any key."""
        super().__init__(plain(f"{task}: {reason}", LONGEST_REASON))
        self.task, self.reason = task, reason


class VllmFailed(EvaluationError):
    """The process that vLLM runs in ended, or failed on what it was asked."""

    def __init__(self, model: str, reason: str) -> None:
        """Say which model, and what became of the process."""
        super().__init__(plain(f"{model}: vLLM failed: {reason}", LONGEST_REASON))
        self.model, self.reason = model, reason


class NotFetched(EvaluationError):
    """The files of a model could not be fetched from the Hub this time."""

    hint = "try again later; what was downloaded is kept"

    def __init__(self, model: str, problem: str) -> None:
        """Say which model, and what went wrong, without any address."""
        super().__init__(plain(f"{model}: its files could not be fetched ({problem})"))
        self.model = model


class QueueRuns(EvaluationError):
    """The queue cannot be changed while `lineage evaluate` runs it, because that process holds the database."""

    def __init__(self, process: int) -> None:
        """Say which process, and how it is ended."""
        super().__init__(f"nothing was changed: `lineage evaluate` (process {process}) holds the queue until it ends")
        self.process = process
        self.hint = (
            f"end it with Ctrl-C or `kill {process}` (what it measured is kept), repeat this command and start it again"
        )


class CacheFull(NotFetched):
    """The files of a model exceed the limit of the cache, and everything in it is in use."""

    hint = "a larger `--set cache-gb=N` keeps more models at a time"

    def __init__(self, model: str, missing_bytes: int, cache_gb: float) -> None:
        """Say which model, how much it needs, and the limit."""
        told = (
            f"{missing_bytes / GIB:.2f} GiB more would exceed the cache's {cache_gb:g}, and everything in it is in use"
        )
        super().__init__(model, told)
