"""The progress of long work on stderr: a line that is redrawn on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from threading import Lock
from typing import TYPE_CHECKING, Final

from lineage.output.colour import GREEN, PLAIN
from lineage.text.plain import plain
from store.commands.printing import can_redraw, has_colour, is_quiet

if TYPE_CHECKING:
    from typing import Self

DRAW_EVERY_SECONDS: Final = 0.1
BAR_COLUMNS: Final = 12
WIPE: Final = "\r\x1b[2K"


class ProgressLine:
    """Writes progress until the block ends; threads may share it. With --quiet it writes nothing."""

    def __init__(self, *, every_seconds: float) -> None:
        """Take how often a line is written where stderr is not a terminal."""
        self._every_seconds = every_seconds
        self._is_quiet = is_quiet()
        self._is_drawn = not self._is_quiet and can_redraw(sys.stderr)
        self._lock = Lock()
        self._drawn_at = self._said_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wipe()

    def say(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._say(text)

    def draw(self, text: str, *, share: float | None = None, brief: str | None = None, is_due: bool = False) -> None:
        """Redraw the line, with a bar if the share that is done is known.

        Where nothing can be redrawn, `brief` (or the text) is written as a line if one is due.
        """
        at = time.monotonic()
        with self._lock:
            if not self._is_drawn:
                if is_due or at - self._said_at >= self._every_seconds:
                    self._say(brief or text)
            elif at - self._drawn_at >= DRAW_EVERY_SECONDS:
                self._drawn_at = at
                room = shutil.get_terminal_size().columns - 1
                front = "" if share is None else f"{bar(share)} "
                self._write(f"{WIPE}{front}{plain(text, None)[: room - (BAR_COLUMNS + 1 if front else 0)]}")

    def wipe(self) -> None:
        """Remove what is drawn."""
        with self._lock:
            if self._is_drawn:
                self._write(WIPE)

    def _say(self, text: str) -> None:
        self._said_at = time.monotonic()
        if not self._is_quiet:
            self._write(f"{WIPE if self._is_drawn else ''}{plain(text, None)}\n")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def bar(share: float) -> str:
    """Return a bar of a share that is done, in the characters and the colour that stderr takes."""
    is_ascii = "utf" not in (sys.stderr.encoding or "").lower()
    done, rest = ("#", "-") if is_ascii else ("━", "─")
    filled = round(BAR_COLUMNS * min(max(share, 0.0), 1.0))
    text = f"{done * filled}{rest * (BAR_COLUMNS - filled)}"
    return f"{GREEN}{text}{PLAIN}" if has_colour(sys.stderr) else text
