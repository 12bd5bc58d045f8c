"""What answers below a session: one loaded model that says how likely texts are and writes replies, in tokens.

Tasks are built, encoded and judged alike above it, whatever runs the model: transformers in this process, or vLLM in
one of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evaluation.engines.tasks.encoding import Pair, Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings

Answer = tuple[float, bool]
"""How likely a continuation is, in nats, and whether each of its tokens was the likeliest."""


class Backend(Protocol):
    """A model, an adapter on its base included, for the time of one task."""

    @property
    def name(self) -> str:
        """What errors call the model."""

    @property
    def tokens_run(self) -> int:
        """The tokens that went through the model so far, those that were shared once, without padding."""

    def keep(self, contexts: Iterable[Tokens]) -> None:
        """Run what the contexts of a task begin with, if that is kept, before they are asked in parts."""

    def score(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Return for every pair how likely its continuation is.

        Raises CannotRun where one context alone does not fit into memory.
        """

    def write(
        self, prompts: Sequence[Tokens], generation: GenerationSettings, tokenizer: Any
    ) -> Sequence[Sequence[int]]:
        """Return the tokens of a reply to every prompt; what follows a stop text in it is cut off later."""

    def close(self) -> None:
        """Give back what was kept for writing replies."""


class LentModel(Protocol):
    """A model in memory, lent for a task.

    `hash` names its weights, `tokenizer_hash` how its tokenizer encodes; `longest` is how many tokens it takes.
    `engine` names what runs it: software with versions, and the type of its numbers.
    """

    @property
    def hash(self) -> str:
        """The hash of the weights."""

    @property
    def engine(self) -> str:
        """The name of what runs it."""

    @property
    def longest(self) -> int:
        """The most tokens that it takes."""

    @property
    def tokenizer(self) -> Any:
        """The tokenizer, of transformers."""

    @property
    def tokenizer_hash(self) -> str:
        """The hash of how that encodes."""
