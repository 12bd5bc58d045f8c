"""Progress on stderr: one line that is drawn anew where that is a terminal, a line now and then where it is not."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

from evaluation.jobs.progress import QueueCounts
from store.commands.printing import say

if TYPE_CHECKING:
    from typing import Self

    from evaluation.jobs.events import Event

LINE_EVERY_SECONDS: Final = 10.0
DRAW_EVERY_SECONDS: Final = 0.1


class ProgressLine:
    """Shows what happens; whatever is drawn is gone when it ends."""

    def __enter__(self) -> Self:
        self._progress = QueueCounts(started=time.monotonic())
        self._is_terminal = sys.stderr.isatty()
        self._drawn_at = self._said_at = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._wipe()

    def tell(self, event: Event) -> None:
        """Count an event and show what it changes."""
        at = time.monotonic()
        if line := self._progress.take(event):
            self._wipe()
            say(line)
        if self._is_terminal and at - self._drawn_at >= DRAW_EVERY_SECONDS:
            self._drawn_at = at
            self._wipe()
            sys.stderr.write(self._progress.line(at)[: shutil.get_terminal_size().columns - 1])
            sys.stderr.flush()
        elif not self._is_terminal and at - self._said_at >= LINE_EVERY_SECONDS:
            self._said_at = at
            say(self._progress.figures(at))

    def _wipe(self) -> None:
        if self._is_terminal:
            sys.stderr.write("\r\x1b[2K")
