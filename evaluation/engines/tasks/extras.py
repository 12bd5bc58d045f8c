"""Checks whether the packages for running models are installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from lineage.errors import MissingExtra

EXTRA: Final = "eval"
PACKAGES: Final = ("torch", "transformers", "peft", "lm_eval", "accelerate")


def has_eval() -> bool:
    """Return whether all packages of the extra `eval` are installed."""
    return all(find_spec(package) is not None for package in PACKAGES)


def need_eval(purpose: str) -> None:
    """Raise MissingExtra if a package of the extra `eval` is not installed; `purpose` starts the message."""
    if not has_eval():
        raise MissingExtra(EXTRA, purpose)
