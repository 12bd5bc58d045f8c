"""Being asked to end (SIGTERM) while something is unfinished: it is tidied away first, as after Ctrl-C."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@contextmanager
def tidied() -> Iterator[None]:
    """Make SIGTERM leave the block as Ctrl-C does, by KeyboardInterrupt; in the main thread, which signals reach."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _end(_: int, __: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
