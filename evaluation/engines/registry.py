"""The engines that run jobs, and what each of them can do.

An engine is a name of `lineage.vocabulary.EngineName` and a package of that name beside this module; the function
`make_runner` of its module `runner` takes a `Setup` and returns a `Runner`. It is imported when a job first needs it,
because engines need packages of extras. `read_options` of its module `options` needs none.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from evaluation.errors import CannotRun, OptionInvalid
from lineage.vocabulary import RUN_HERE, EngineName

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evaluation.engines.interface import Runner, Setup
    from lineage.scheduling.job import Options

ENGINES: Final[dict[str, str]] = {
    engine.value: f"evaluation.engines.{engine.value}.runner:make_runner" for engine in EngineName
}
"""Where the runner of each engine is made, as `module:function`."""
FILES: Final = frozenset({"labelled", "judge_prompt"})
"""The options that name a file."""
IN_ORDER: Final = "random_order"
"""The option that lets a stoppable engine run items in the order of their hashes."""
STOPPABLE: Final = frozenset(engine.value for engine in RUN_HERE)
"""Engines that take the option `IN_ORDER`: their jobs can be stopped early."""
COSTED: Final = frozenset({EngineName.TRANSFORMERS.value})
"""Engines whose times correct the cost model, which is one of plain transformers."""


def settle_options(engine: str, given: Options) -> Options:
    """Return options for the queue: checked as the engine checks them, and files by their absolute paths.

    Raises OptionInvalid for an unknown name, an invalid value, or a file that is not there. A queued job keeps its
    options, and may be run from another folder.
    """
    import_module(f"evaluation.engines.{engine}.options").read_options(given)
    return {name: _settled(name, value) if name in FILES else value for name, value in given.items()}


def _settled(name: str, value: str | float) -> str:
    path = Path(str(value)).resolve()
    if not path.is_file():
        raise OptionInvalid(name, f"there is no file {path}")
    return str(path)


def make_runner(engine: str, setup: Setup, engines: Mapping[str, str] = ENGINES) -> Runner:
    """Return a new runner of an engine; raises CannotRun for an unknown one, MissingExtra if it is not installed.

    Progress is drawn in one place, and not by libraries: tqdm reads its variable when it is imported, and no module
    imports it before the engine does.
    """
    os.environ.setdefault("TQDM_DISABLE", "1")
    place = engines.get(engine)
    if place is None:
        raise CannotRun(engine, f"unknown engine; known are {', '.join(sorted(engines))}")
    module, _, name = place.partition(":")
    make = cast("Callable[[Setup], Runner]", getattr(import_module(module), name))
    return make(setup)
