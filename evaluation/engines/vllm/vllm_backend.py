"""A model under vLLM as a session asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.errors import CannotRun, VllmFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from evaluation.engines.tasks.backend import Answer
    from evaluation.engines.tasks.encoding import Pair, Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings
    from evaluation.engines.vllm.vllm_process import VllmProcess


@dataclass(slots=True, kw_only=True)
class VllmBackend:
    """Answers with the base of a process, or with the adapter in a folder on it."""

    name: str
    process: VllmProcess
    adapter: Path | None
    tokens_run: int = 0

    def keep(self, contexts: Iterable[Tokens]) -> None:
        """Run nothing ahead: vLLM finds by itself what prompts begin with in common."""

    def score(self, pairs: Sequence[Pair]) -> list[Answer]:
        """Return for every pair how likely its continuation is; equal ones are asked once. Raises VllmFailed."""
        distinct = {pair: number for number, pair in enumerate(dict.fromkeys(pairs))}
        contexts = {context: number for number, context in enumerate(dict.fromkeys(pair.context for pair in distinct))}
        found = self._asked(
            "score",
            {
                "contexts": list(contexts),
                "pairs": [(contexts[pair.context], pair.continuation) for pair in distinct],
            },
        )
        answers = [(float(likely), bool(is_best)) for likely, is_best in found]
        return [answers[distinct[pair]] for pair in pairs]

    def write(
        self, prompts: Sequence[Tokens], generation: GenerationSettings, tokenizer: Any
    ) -> Sequence[Sequence[int]]:
        """Return the tokens of a reply to every prompt.

        Raises VllmFailed, and CannotRun for replies that are not the likeliest ones: other samplers draw otherwise.
        """
        del tokenizer
        if generation.settings.keys() - {"use_cache"} != {"do_sample"} or generation.settings["do_sample"]:
            raise CannotRun(self.name, "only greedy replies are written by vLLM as the other engines write them")
        stops = list(generation.stops)
        found: list[list[int]] = self._asked(
            "write", {"prompts": list(prompts), "longest": generation.longest, "stops": stops}
        )
        return found

    def close(self) -> None:
        """Keep the process: it serves the next task."""

    def _asked(self, order: str, given: Mapping[str, object]) -> list[Any]:
        """Return what vLLM found; a process that raised once is not asked again."""
        try:
            answer = self.process.ask(order, {**given, "adapter": None if self.adapter is None else str(self.adapter)})
        except ValueError as exc:
            self.process.close()
            raise VllmFailed(self.name, str(exc)) from exc
        self.tokens_run += answer["ran"]
        found: list[Any] = answer["found"]
        return found
