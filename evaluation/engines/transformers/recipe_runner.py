"""Items asked of models between a base and its fine-tune: both are loaded once, and every recipe is made in memory."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, cast

from evaluation.engines.registry import make_runner
from evaluation.engines.tasks.extras import need_eval
from evaluation.engines.transformers.load_model import load_model
from evaluation.engines.transformers.mixed_weights import AdapterMixture, TensorMixture
from evaluation.engines.transformers.options import read_options
from lineage.vocabulary import EngineName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from evaluation.engines.interface import Setup, Weights
    from evaluation.engines.tasks.session import Session
    from evaluation.engines.transformers.family_runner import FamilyRunner, LoadedModel
    from evaluation.engines.transformers.mixed_weights import WeightMixture
    from lineage.maintenance.recipes import MixRecipe
    from lineage.scheduling.job import JobSpec, Options
    from lineage.scores.score import Identity


class RecipeRunner:
    """Answers items with the weights of any recipe. Not thread-safe; `opened` makes one."""

    def __init__(self, runner: FamilyRunner, loaded: LoadedModel, mixture: WeightMixture) -> None:
        self._runner = runner
        self._loaded = loaded
        self._mixture = mixture
        self._asked: tuple[JobSpec, MixRecipe] | None = None
        self._session: Session | None = None
        self._open = ExitStack()

    @property
    def filters(self) -> tuple[str, ...]:
        """Which parts of tensor names mean attention; empty if it cannot be told from the rest."""
        return self._mixture.filters

    @property
    def dtype(self) -> str:
        """The number format of the weights."""
        return self._loaded.precision.dtype

    def ask(self, spec: JobSpec, recipe: MixRecipe, items: Sequence[str]) -> dict[str, float]:
        """Return the values of items of a job's task by name, with the weights of a recipe.

        Raises CannotRun, and KeyError for an item that the task does not have.
        """
        return self._with(spec, recipe).ask(items)

    def identity(self, spec: JobSpec, recipe: MixRecipe) -> Identity:
        """Return what identifies the scores of a job's task as it is asked here."""
        return self._with(spec, recipe).finished("", "").identity

    def save(self, recipe: MixRecipe, folder: Path) -> None:
        """Write the weights of a recipe, with its tokenizer, into a folder."""
        self.close()
        self._mixture.save(recipe, folder)
        self._loaded.tokenizer.save_pretrained(folder)

    def close(self) -> None:
        """Free what the last questions left."""
        self._open.close()
        self._asked = self._session = None

    def _with(self, spec: JobSpec, recipe: MixRecipe) -> Session:
        """Return a session with these weights: what it keeps for a common beginning belongs to them alone."""
        if self._session is None or self._asked != (spec, recipe):
            self.close()
            self._mixture.apply(recipe)
            self._session = self._open.enter_context(self._runner.session(spec, self._loaded))
            self._asked = (spec, recipe)
        return self._session


@contextmanager
def opened(
    setup: Setup, child: Weights, base: Weights, unsafe: Weights | None, options: Options
) -> Iterator[RecipeRunner]:
    """Load a fine-tune and its base, and a model without the base's safety if one is named.

    An adapter is a child with a base, and takes no `unsafe`. Raises MissingExtra, CannotRun, NotFetched.
    """
    need_eval("running models")
    known = read_options(options)
    runner = cast("FamilyRunner", make_runner(EngineName.TRANSFORMERS.value, setup))
    with ExitStack() as ending:
        ending.callback(runner.close)
        loaded = ending.enter_context(runner.lend(child, known))
        mixture: WeightMixture
        if child.base is not None:
            mixture = AdapterMixture(child.model, loaded.model, loaded.snapshot.folder)
        else:
            others = [None if one is None else _tensors(ending, runner, loaded, one) for one in (base, unsafe)]
            mixture = TensorMixture(child.model, loaded.model, *others)
        found = RecipeRunner(runner, loaded, mixture)
        ending.callback(found.close)
        yield found


def _tensors(ending: ExitStack, runner: FamilyRunner, loaded: LoadedModel, weights: Weights) -> Any:
    snapshot = runner.snapshots.fetch(weights)
    ending.callback(runner.snapshots.release, weights)
    return load_model(snapshot, weights, loaded.precision)
