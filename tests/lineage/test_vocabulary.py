"""The words on the command line come without numpy, for which `--help` would wait."""

from __future__ import annotations

import subprocess
import sys


def test_words_cost_no_arrays() -> None:
    """Whoever asks for help waits for the words alone."""
    told = subprocess.run(
        [sys.executable, "-c", "import sys, lineage.vocabulary; print('numpy' in sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert told.stdout == "False\n"
