"""What answers below a session: one model that says how likely texts are and writes replies.

Tasks are built and judged alike above it, whatever runs the model: transformers in this process, vLLM in one of its
own, or a server. The first two are asked in tokens, by a backend below an encoder; a server is asked in texts, as only
it has the tokenizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evaluation.engines.tasks.encoding import Pair, Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings

Answer = tuple[float, bool]
"""How likely a continuation is, in nats, and whether each of its tokens was the likeliest."""


class AskedModel(Protocol):
    """A model as a session asks it, in the requests of a task of lm-evaluation-harness."""

    @property
    def tokens_run(self) -> int | None:
        """The tokens that went through the model so far, or None where nobody counts them."""

    def prepare(self, requests: Sequence[Any]) -> None:
        """Take all requests that will be asked, in their order, and begin with them if that helps."""

    def ready(self, groups: Sequence[Sequence[Any]]) -> int:
        """Return how many of the first groups of requests can be answered, all of them unless one fails.

        Raises why the first cannot.
        """

    def answers(self, kind: str, requests: Sequence[Any]) -> list[Any]:
        """Return the answers to requests of one kind, as the harness names it."""


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
