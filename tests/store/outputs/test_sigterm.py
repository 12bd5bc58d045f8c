"""Being asked to end while something is unfinished."""

from __future__ import annotations

import signal
import threading

import pytest

from store.outputs.atomic_write import tidied


def test_asked_to_end_is_as_interrupted() -> None:
    """SIGTERM leaves the block by KeyboardInterrupt, and afterwards does what it did before."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), tidied():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_other_threads_are_left_alone() -> None:
    """A thread that signals do not reach changes nothing."""
    found = []

    def look() -> None:
        with tidied():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]
