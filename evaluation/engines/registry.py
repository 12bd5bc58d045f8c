"""The engines that run tasks, by name: the one place where a runner is registered.

A runner is named by where its maker lies, `module:function`, and imported when a task first needs it: engines stand on
packages of extras. A maker takes a `Setup` and returns a `Runner`.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evaluation.engines.interface import Runner, Setup

ENGINES: Final[Mapping[str, str]] = {
    "transformers": "evaluation.engines.transformers.runner:make_runner",
    "endpoint": "evaluation.engines.endpoint.runner:make_runner",
    "inspect": "evaluation.engines.inspect.runner:make_runner",
}


def make_runner(engine: str, setup: Setup, engines: Mapping[str, str] = ENGINES) -> Runner:
    """Return a new runner of an engine; raises CannotRun for an unknown one, MissingExtra where it is not installed.

    Progress is drawn in one place, and not by libraries: tqdm looks for its variable when it is imported, which no
    module does before an engine's own.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    place = engines.get(engine)
    if place is None:
        raise CannotRun(engine, f"is no engine; there are {', '.join(sorted(engines))}")
    module, _, name = place.partition(":")
    make = cast("Callable[[Setup], Runner]", getattr(import_module(module), name))
    return make(setup)
