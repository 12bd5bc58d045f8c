"""Texts as tokens, exactly as the `hf` model of lm-evaluation-harness 0.4.13 encodes them, once per tokenizer.

Read there: `TemplateLM._encode_pair`, `TemplateLM.loglikelihood` and `HFLM.tok_encode`. Spaces at the end of a context
belong to the continuation; the continuation is what the tokens of the whole have beyond those of the context; a text
that starts with the beginning-of-text token gets no second one; an empty context is that token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A context and the continuation whose likelihood is wanted; neither is empty, and both fit into the model."""

    context: Tokens
    continuation: Tokens


class Encoder:
    """Turns texts into tokens and keeps them, so that the next model with this tokenizer finds them.

    `tokenizer` is one of transformers; `longest` is how many tokens the model takes, contexts lose their beginning.
    """

    def __init__(self, tokenizer: Any, longest: int) -> None:
        self.tokenizer = tokenizer
        self.longest = longest
        start = tokenizer.bos_token_id
        self.start: int | None = tokenizer.eos_token_id if start is None else start
        self._start_text: str | None = None if self.start is None else tokenizer.decode(self.start)
        self._pairs: dict[tuple[str, str], Pair] = {}
        self._windows: dict[str, tuple[Pair, ...]] = {}

    def pairs(self, texts: Sequence[tuple[str, str]]) -> list[Pair]:
        """Return contexts and continuations as tokens. Raises CannotRun for a continuation without any."""
        new = list(dict.fromkeys(text for text in texts if text not in self._pairs))
        if new:
            self._pairs.update(zip(new, self._encoded_pairs(new), strict=True))
        return [self._pairs[text] for text in texts]

    def windows(self, texts: Sequence[str]) -> list[tuple[Pair, ...]]:
        """Return each whole text as windows, as long as the model takes, that do not overlap in what is predicted."""
        new = list(dict.fromkeys(text for text in texts if text not in self._windows))
        for text, tokens in zip(new, self.texts(new), strict=True):
            self._windows[text] = self._rolling(tokens)
        return [self._windows[text] for text in texts]

    def texts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, with the special tokens that the tokenizer adds."""
        started = [self._start_text is not None and text.startswith(self._start_text) for text in texts]
        begun = [text for text, is_started in zip(texts, started, strict=True) if is_started]
        others = [text for text, is_started in zip(texts, started, strict=True) if not is_started]
        of_begun = iter(self._tokens(begun, adds_special=False))
        of_others = iter(self._tokens(others, adds_special=None))
        return [next(of_begun if is_started else of_others) for is_started in started]

    def conversation(self, turns: list[dict[str, str]], *, add_generation_prompt: bool = True) -> str:
        """Return a conversation as the text that the tokenizer's template makes of it, to be answered or gone on."""
        text: str = self.tokenizer.apply_chat_template(
            turns,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
            continue_final_message=not add_generation_prompt,
        )
        return text

    def _encoded_pairs(self, texts: Sequence[tuple[str, str]]) -> Iterable[Pair]:
        moved = [_with_spaces_moved(context, continuation) for context, continuation in texts]
        contexts = list(dict.fromkeys(context for context, _ in moved if context))
        tokens = dict(zip(contexts, self.texts(contexts), strict=True))
        wholes = iter(self.texts([context + continuation for context, continuation in moved if context]))
        alone = iter(self._tokens([continuation for context, continuation in moved if not context], adds_special=False))
        for context, continuation in moved:
            if context:
                yield self._fitted(tokens[context], next(wholes)[len(tokens[context]) :], continuation)
            else:
                yield self._from_start(next(alone), continuation)

    def _from_start(self, tokens: list[int], text: str) -> Pair:
        """Return a continuation of nothing: the start token comes before it where it is not its first one already."""
        if self.start is None:
            raise CannotRun("tokenizer", "has no token to begin a text with, which an empty context needs")
        if tokens and tokens[0] == self.start:
            return self._fitted(tokens[:1], tokens[1:], text)
        return self._fitted([self.start], tokens, text)

    def _fitted(self, context: list[int], continuation: list[int], text: str) -> Pair:
        """Return a pair whose context lost from its beginning what is too long for the model."""
        if not continuation:
            raise CannotRun("task", f"the choice {text!r} adds no token to its context")
        if len(continuation) > self.longest:
            raise CannotRun("model", f"takes {self.longest} tokens, a choice has {len(continuation)}")
        room = self.longest + 1 - len(continuation)
        return Pair(tuple(context[-room:]), tuple(continuation))

    def _rolling(self, tokens: list[int]) -> tuple[Pair, ...]:
        from lm_eval.utils import get_rolling_token_windows, make_disjoint_window

        if self.start is None:
            raise CannotRun("tokenizer", "has no token to begin a text with, which a perplexity needs")
        windows = get_rolling_token_windows(tokens, self.start, self.longest, 1)
        return tuple(Pair(tuple(context), tuple(rest)) for context, rest in map(make_disjoint_window, windows))

    def _tokens(self, texts: list[str], *, adds_special: bool | None) -> list[list[int]]:
        if not texts:
            return []
        given = {} if adds_special is None else {"add_special_tokens": adds_special}
        found: list[list[int]] = self.tokenizer(texts, **given)["input_ids"]
        return found


def _with_spaces_moved(context: str, continuation: str) -> tuple[str, str]:
    stripped = context.rstrip()
    return stripped, context[len(stripped) :] + continuation
