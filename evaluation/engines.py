"""The engines that run tasks, by name: the one place where a runner is registered.

A runner is named by where its maker lies, `module:function`, and imported when a task first needs it: engines stand on
packages of extras. A maker takes a `Setup` and returns a `Runner`.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evaluation.work import Runner, Setup

ENGINES: Final[Mapping[str, str]] = {
    "transformers": "evaluation.engines:make_family_runner",
    "endpoint": "evaluation.endpoint.runner:make_runner",
}


def make_runner(engine: str, setup: Setup, engines: Mapping[str, str] = ENGINES) -> Runner:
    """Return a new runner of an engine; raises CannotRun for an unknown one, MissingExtra where it is not installed."""
    place = engines.get(engine)
    if place is None:
        raise CannotRun(engine, f"is no engine; there are {', '.join(sorted(engines))}")
    module, _, name = place.partition(":")
    make = cast("Callable[[Setup], Runner]", getattr(import_module(module), name))
    return make(setup)


def make_family_runner(setup: Setup) -> Runner:
    """Return the runner of models of transformers, with the catalogue and what a file adds to it."""
    from evaluation.runners.families import FamilyRunner
    from lineage.instrument_files import default_catalogue, read_instruments

    catalogue = default_catalogue()
    if setup.instruments is not None:
        text = Path(setup.instruments).read_text(encoding="utf-8")
        catalogue = catalogue.with_more(read_instruments(text, setup.instruments))
    return FamilyRunner(catalogue, device=None if setup.device == "auto" else setup.device)
