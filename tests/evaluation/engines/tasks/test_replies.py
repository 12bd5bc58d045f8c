"""What is asked of a backend for replies: each prompt once, within the room that a reply leaves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.tasks.encoding import Encoder
from evaluation.engines.tasks.generation_settings import GenerationSettings
from evaluation.engines.tasks.replies import replies
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.tasks.encoding import Pair, Tokens

pytest.importorskip("lm_eval", reason="the extra eval is not installed")
LETTERS = SimpleNamespace(
    bos_token_id=None,
    eos_token_id=0,
    decode=lambda tokens, **_: "" if tokens == 0 else "".join(map(chr, tokens)),
)


class EchoBackend:
    """Replies with the prompt itself, backwards, and keeps what it was asked."""

    name = "grove/echo"
    tokens_run = 0

    def __init__(self) -> None:
        self.asked: list[Tokens] = []

    def keep(self, contexts: object) -> None:
        """Keep nothing."""

    def score(self, pairs: Sequence[Pair]) -> list[tuple[float, bool]]:
        """Score nothing."""
        return [(0.0, False) for _ in pairs]

    def write(self, prompts: Sequence[Tokens], generation: GenerationSettings, tokenizer: Any) -> list[list[int]]:
        """Return each prompt backwards."""
        del generation, tokenizer
        self.asked += prompts
        return [list(reversed(prompt)) for prompt in prompts]

    def close(self) -> None:
        """Keep nothing open."""


def encoder(longest: int) -> Encoder:
    """Return an encoder whose tokens are the codes of letters."""
    found = Encoder(LETTERS, longest)
    found._tokens = lambda texts, **_: [list(map(ord, text)) for text in texts]  # type: ignore[method-assign]
    return found


def test_equal_prompts_are_asked_once_and_lose_their_beginning() -> None:
    """Six tokens less two for the reply leave four of the prompt; a reply ends before its first stop text."""
    backend = EchoBackend()
    generation = GenerationSettings(stops=("c",), longest=2, settings={"do_sample": False})
    assert replies(backend, encoder(6), ["abcdef", "xyz", "abcdef"], generation) == ["fed", "zyx", "fed"]
    assert backend.asked == [tuple(map(ord, "cdef")), tuple(map(ord, "xyz"))]


@pytest.mark.parametrize("longest", [2, 1])
def test_a_model_without_room_for_a_reply_says_so(longest: int) -> None:
    """Nothing is asked of it."""
    backend = EchoBackend()
    generation = GenerationSettings(stops=("c",), longest=2, settings={"do_sample": False})
    with pytest.raises(CannotRun, match=f"grove/echo: takes {longest} tokens, too few for replies of 2"):
        replies(backend, encoder(longest), ["abc"], generation)
    assert backend.asked == []
