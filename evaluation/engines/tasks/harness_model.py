"""A model as lm-evaluation-harness asks it, by a backend of ours; imported only where the extra `eval` is there.

Its answers are those of the harness's own `hf` model with `softmax_dtype=float32`, within rounding; it may be handed to
the harness itself (`lm_eval.evaluate(lm=HarnessModel(...))`) just as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lm_eval.api.model import LM

from evaluation.engines.tasks.generation_settings import generation_settings
from evaluation.engines.tasks.replies import replies

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evaluation.engines.tasks.backend import Answer, Backend
    from evaluation.engines.tasks.encoding import Encoder


class HarnessModel(LM):  # type: ignore[misc]  # the harness carries no types
    """Answers the requests of tasks. `disable_tqdm` is the harness's way to ask for no bars; there are none here."""

    def __init__(self, backend: Backend, encoder: Encoder) -> None:
        super().__init__()
        self.backend = backend
        self.encoder = encoder

    def prepare(self, requests: Sequence[Any]) -> None:
        """Encode all requests of a task, and run what their contexts begin with, before they are asked in parts."""
        texts = [request.args for request in requests if request.request_type == "loglikelihood"]
        if texts:
            self.backend.keep({pair.context for pair in self.encoder.pairs(texts)})

    @property
    def tokens_run(self) -> int:
        """The tokens that went through the model so far."""
        return self.backend.tokens_run

    def ready(self, groups: Sequence[Sequence[Any]]) -> int:
        """Return how many groups of requests can be answered: all, as they are run when they are asked."""
        return len(groups)

    def close(self) -> None:
        """Give back what was kept for writing replies."""
        self.backend.close()

    def answers(self, kind: str, requests: Sequence[Any]) -> list[Any]:
        """Return the answers to requests of one kind, as the harness names it."""
        asked: dict[str, Callable[[Sequence[Any]], list[Any]]] = {
            "loglikelihood": self.loglikelihood,
            "loglikelihood_rolling": self.loglikelihood_rolling,
            "generate_until": self.generate_until,
        }
        return asked[kind](requests)

    def loglikelihood(self, requests: Sequence[Any], disable_tqdm: bool = True) -> list[Answer]:  # noqa: ARG002, FBT001, FBT002  # the harness's signature
        """Return how likely each continuation is after its context, in nats, and whether greedy decoding gives it."""
        return self.backend.score(self.encoder.pairs([request.args for request in requests]))

    def loglikelihood_rolling(self, requests: Sequence[Any], disable_tqdm: bool = True) -> list[float]:  # noqa: ARG002, FBT001, FBT002  # as above
        """Return how likely each whole text is, in nats."""
        windows = self.encoder.windows([request.args[0] for request in requests])
        answers = iter(self.backend.score([pair for of_text in windows for pair in of_text]))
        return [sum(next(answers)[0] for _ in of_text) for of_text in windows]

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = True) -> list[str]:  # noqa: ARG002, FBT001, FBT002  # as above
        """Return a reply to each context."""
        by_generation: dict[str, list[int]] = {}
        for number, request in enumerate(requests):
            by_generation.setdefault(repr(request.args[1]), []).append(number)
        found = [""] * len(requests)
        for numbers in by_generation.values():
            generation = generation_settings(requests[numbers[0]].args[1], self.encoder.tokenizer)
            asked = [requests[number].args[0] for number in numbers]
            written = replies(self.backend, self.encoder, asked, generation)
            for number, text in zip(numbers, written, strict=True):
                found[number] = text
        return found

    @property
    def tokenizer_name(self) -> str:
        """Return what the harness names cached requests by."""
        return str(self.encoder.tokenizer.name_or_path)

    def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:  # noqa: FBT001, FBT002  # the harness's signature
        """Return a conversation as the text that the tokenizer's template makes of it."""
        return self.encoder.conversation(chat_history, add_generation_prompt=add_generation_prompt)
