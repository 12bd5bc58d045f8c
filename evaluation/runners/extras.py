"""Whether the packages are installed that running models takes."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Final

from evaluation.errors import MissingExtra

EXTRA: Final = "eval"
PACKAGES: Final = ("torch", "transformers", "peft", "lm_eval", "accelerate")


def need_eval(purpose: str) -> None:
    """Raise MissingExtra where a package of the extra `eval` is not installed; `purpose` starts the message."""
    os.environ.setdefault("TQDM_DISABLE", "1")  # progress is drawn in one place, and not by libraries
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtra(EXTRA, purpose)
