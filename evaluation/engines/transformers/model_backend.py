"""A model of transformers as a session asks it: likelihoods by shared rows, replies in static or continuous batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluation.engines.transformers.generate import ReplyWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evaluation.engines.tasks.backend import Answer
    from evaluation.engines.tasks.encoding import Pair, Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings
    from evaluation.engines.transformers.loglikelihood import LikelihoodScorer


class TransformersBackend:
    """Answers with the model of a scorer and of a writer; None is a writer in static batches."""

    def __init__(self, scorer: LikelihoodScorer, writer: ReplyWriter | None = None) -> None:
        self.scorer = scorer
        self.writer = writer or ReplyWriter(scorer.model, scorer.name)

    @property
    def name(self) -> str:
        """What errors call the model."""
        return self.scorer.name

    @property
    def tokens_run(self) -> int:
        """The tokens that went through the model so far, without padding."""
        return self.scorer.budget.ran + self.writer.budget.ran

    def keep(self, contexts: Iterable[Tokens]) -> None:
        """Run what the contexts of a task begin with, and keep it for what is scored from now on."""
        self.scorer.keep(contexts)

    def score(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Return for every pair how likely its continuation is. Raises CannotRun where memory is too small."""
        return self.scorer.score(pairs)

    def write(
        self, prompts: Sequence[Tokens], generation: GenerationSettings, tokenizer: Any
    ) -> Sequence[Sequence[int]]:
        """Return the tokens of a reply to every prompt, and what a batch wrote after its end."""
        return self.writer.write(tokenizer, prompts, generation)

    def close(self) -> None:
        """Give back what was kept for writing replies."""
        self.writer.close()
