"""Which engine runs a model on an instrument, by what the instrument asks and by the hardware, and why.

Scores of two engines are not compared, so what a family was measured by decides before anything that is faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.scores.task_reference import engine_of
from lineage.vocabulary import AnswerKind, EngineName

if TYPE_CHECKING:
    from lineage.scheduling.hardware import Hardware

ASKED_FOR: Final = "asked for"
ONLY_ONE: Final = "only it runs this task"
SERVED: Final = "a server is named"
GGUF_ONLY: Final = "GGUF only, and a server is named"
SHORT: Final = {AnswerKind.LETTERS: "letters", AnswerKind.REPLIES: "written replies"}
"""What vLLM is for, in words; likelihoods of longer texts are the work of transformers, which runs what is shared once.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """An engine of `lineage.vocabulary.EngineName`, and the reason for it in a few words."""

    engine: str
    reason: str


def choose_engine(
    definition: str,
    answers: AnswerKind | None,
    hardware: Hardware,
    *,
    asked: str | None = None,
    served: str | None = None,
    needs_code: bool = False,
    earlier: str | None = None,
) -> EngineChoice:
    """Return the engine for what a definition asks of a model: `answers` is None where nothing says.

    `asked` is the engine that the user names, or None. `served` says why a server runs the model, None where none does;
    `needs_code` is true if it is loaded by code of its own repository. `earlier` is what its family was measured by on
    this instrument, or None. Whether the engine that was asked for runs the definition is not checked.
    """
    if (only := engine_of(definition)) is not None:
        return EngineChoice(engine=only, reason=ONLY_ONE)
    if asked is not None:
        return EngineChoice(engine=asked, reason=ASKED_FOR)
    if served is not None:
        return EngineChoice(engine=EngineName.ENDPOINT.value, reason=served)
    refused = _without_vllm(answers, hardware, needs_code=needs_code)
    has_vllm = hardware.has_vllm and not needs_code
    if earlier == EngineName.TRANSFORMERS or (earlier == EngineName.VLLM and has_vllm):
        # The reason of the hardware is told where it agrees: only a choice against it is made for the family's sake.
        is_against = (earlier == EngineName.VLLM) != (refused is None)
        told = "its family was measured by it" if is_against else refused or _short(answers)
        return EngineChoice(engine=earlier, reason=told)
    if refused is not None:
        return EngineChoice(engine=EngineName.TRANSFORMERS.value, reason=refused)
    return EngineChoice(engine=EngineName.VLLM.value, reason=_short(answers))


def _without_vllm(answers: AnswerKind | None, hardware: Hardware, *, needs_code: bool) -> str | None:
    """Return why vLLM is not the engine; None if it is."""
    if answers is AnswerKind.CHOICES:
        return "likelihoods of long choices"
    if answers is None:
        return "nothing says what answers the task wants"
    if not hardware.has_gpu:
        return "no GPU"
    if not hardware.has_vllm:
        return "vLLM is not installed"
    return "it needs code of its repository" if needs_code else None


def _short(answers: AnswerKind | None) -> str:
    return "a GPU" if answers is None else f"{SHORT.get(answers, 'likelihoods')} on a GPU"
