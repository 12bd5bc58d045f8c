"""What a server of models answers, as records: the models it serves, replies, and log-probabilities of a prompt.

Sources: OpenAI's API reference (completions, chat); vLLM's serving_completion.py at 00463e6 (late 2025), where with
`echo` the lists under `logprobs` are of all prompt tokens and then of the generated ones, the first log-probability is
None, and -inf is written as -9999; SGLang the same since its pull request 1998 (November 2024). llama.cpp gives
log-probabilities of generated tokens alone, whatever `echo` says (its issue 27174, open in August 2026); TGI computes
none for prompts since 3.0 unless told to at its start (its issue 3070). None of these was run here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM: Final = ("ftype", "n_params", "size")
LONGEST_FORM: Final = 100
MOST_TOKENS: Final = 2_000_000
ID_MARK: Final = "token_id:"
LONGEST_NUMBER: Final = 19
THOUGHT_BEGINS: Final = "<think>"
THOUGHT_ENDS: Final = "</think>"
_ROUNDING: Final = 1e-4


class UnusableResponse(Exception):
    """An answer lacks what was asked for; its text says what."""


class NoPromptLogprobs(UnusableResponse):
    """An answer is sound but holds no log-probabilities of the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model as a server lists it. `root` and `parent` are where its weights come from, or None where not told.

    vLLM tells both (`parent` of an adapter is its base), others neither. `owner` is what the server calls itself,
    `form` what llama.cpp tells of the file: its type such as `Q4_K - Medium`, weights and bytes, as one text;
    `vocabulary` how many tokens it has.
    """

    name: str
    root: str | None = None
    parent: str | None = None
    owner: str | None = None
    form: str | None = None
    vocabulary: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A generated text, without the thoughts before it. `is_cut` says that it ended for its length."""

    text: str
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptScores:
    """The tokens of a prompt: of each its log-probability in nats, or None for the first where nothing precedes it.

    `is_top` says whether a token was the likeliest one; None where the server does not tell.
    """

    logprobs: tuple[float | None, ...]
    is_top: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenScore:
    """A token's log-probability in nats, and that of the likeliest one at its place."""

    logprob: float
    top: float

    @property
    def is_top(self) -> bool:
        """Whether none is likelier."""
        return self.logprob >= self.top


def read_models(answer: dict[str, object]) -> tuple[ServedModel, ...]:
    """Return the models of `/v1/models`, none where the answer has another form."""
    entries = answer.get("data")
    found = []
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(name := entry.get("id"), str):
            texts = (one if isinstance(one := entry.get(key), str) else None for key in ("root", "parent", "owned_by"))
            root, parent, owner = texts
            meta = entry.get("meta")
            told = ServedModel(name=name, root=root, parent=parent, owner=owner, form=_form(meta))
            found.append(replace(told, vocabulary=_count(meta.get("n_vocab")) if isinstance(meta, dict) else None))
    return tuple(found)


def _form(meta: object) -> str | None:
    """Return what is told of the file of a model, in the order of FORM; None for nothing."""
    if not isinstance(meta, dict):
        return None
    parts = [f"{name} {value}" for name in FORM if isinstance(value := meta.get(name), str | int)]
    return plain(", ".join(parts), LONGEST_FORM) or None


def read_software(answer: dict[str, object], field: str) -> str | None:
    """Return the version that a server tells of itself in a field; None where there is none."""
    told = answer.get(field)
    return plain(told, LONGEST_FORM) or None if isinstance(told, str) else None


def read_reply(answer: dict[str, object]) -> Reply:
    """Return the reply of a completion or of a chat; raises UnusableResponse.

    A chat's content may be None where a server puts everything into `reasoning_content`: that is an empty reply.
    """
    choice = _choice(answer)
    message = choice.get("message")
    text = message.get("content") if isinstance(message, dict) else choice.get("text")
    if text is None and isinstance(message, dict):
        text = ""
    if not isinstance(text, str):
        raise UnusableResponse("the response has no text")
    return Reply(text=without_thoughts(text), is_cut=choice.get("finish_reason") == "length")


def without_thoughts(text: str) -> str:
    """Return what a model says after its thoughts, nothing where they have no end.

    Servers that do not part the two leave `<think>...</think>` in front; where the template has opened the thought, the
    reply has its end alone.
    """
    _, end, said = text.rpartition(THOUGHT_ENDS)
    if end:
        return said.lstrip()
    return "" if text.lstrip().startswith(THOUGHT_BEGINS) else text


def read_prompt_scores(answer: dict[str, object]) -> PromptScores:
    """Return the log-probabilities of the prompt's tokens, of a completion asked with `echo`, `logprobs` and one token.

    Raises NoPromptLogprobs where the server gave none, UnusableResponse where they make no sense.
    """
    logprobs = _choice(answer).get("logprobs")
    if not isinstance(logprobs, dict):
        raise NoPromptLogprobs("the response has no logprobs")
    values = logprobs.get("token_logprobs")
    if not isinstance(values, list):
        raise NoPromptLogprobs("its logprobs do not have the form of completions")
    if len(values) > MOST_TOKENS:
        raise UnusableResponse(f"more than {MOST_TOKENS:,} tokens")
    count = _prompt_tokens(answer, len(values))
    if len(values) < count or count <= 1 >= len(values):
        raise NoPromptLogprobs(f"it gives them for {len(values)} tokens, the generated ones only: it ignores echo")
    numbers = tuple(_logprob(value, place) for place, value in enumerate(values[:count]))
    if count > 1 and all(number is None for number in numbers):
        raise NoPromptLogprobs("it gives null for every token of the prompt")
    if None in numbers[1:]:
        raise UnusableResponse("a token inside the prompt has no log-probability")
    return PromptScores(logprobs=numbers, is_top=_is_top(numbers, logprobs.get("top_logprobs")))


def read_tokens(answer: dict[str, object]) -> tuple[int, ...]:
    """Return the tokens of a text by `/tokenize` of vLLM and llama.cpp; raises UnusableResponse."""
    tokens = answer.get("tokens")
    if not isinstance(tokens, list) or len(tokens) > MOST_TOKENS or not all(_count(one) is not None for one in tokens):
        raise UnusableResponse("the response has no tokens")
    return tuple(tokens)


def read_next_token(answer: dict[str, object], written: int, token: int) -> TokenScore:
    """Return how likely a token was where another one, or it itself, had to be written.

    Raises NoPromptLogprobs where none are told, UnusableResponse where another was written or they make no sense.
    """
    logprobs = _choice(answer).get("logprobs")
    told = _next_places(logprobs) if isinstance(logprobs, dict) else []
    if not told:
        raise NoPromptLogprobs("the response has no logprobs of the token")
    if told[0][0] != written:
        raise UnusableResponse("it writes another token than it is told to (logit_bias)")
    found = next((value for name, value in told if name == token), None)
    if found is None:
        raise UnusableResponse("the token is not among those that it tells")
    values = [_logprob(value, 0) for _, value in told]
    own = _logprob(found, 0)
    if own is None or None in values:
        raise UnusableResponse("a token has no log-probability")
    return TokenScore(logprob=own, top=max(value for value in values if value is not None))


def prompt_tokens(answer: dict[str, object]) -> int:
    """Return how many tokens a server says it had in the prompt; raises UnusableResponse where it does not say."""
    usage = answer.get("usage")
    count = _count(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
    if count is None:
        raise UnusableResponse("it does not tell how many tokens the prompt has")
    return count


def read_slots(answer: dict[str, object]) -> int:
    """Return how many prompts llama.cpp keeps at once, 1 where it does not tell."""
    return max(_count(answer.get("total_slots")) or 1, 1)


def _next_places(logprobs: dict[str, object]) -> list[tuple[int | None, object]]:
    """Return the tokens of which a log-probability is told for the first token written: that one, then the likeliest.

    llama.cpp lists records; vLLM has names such as `token_id:17`, in the form of completions.
    """
    match logprobs:
        case {"content": [{"id": int(name), "logprob": value, "top_logprobs": list(tops)}, *_]}:
            others = [(_count(one.get("id")), one.get("logprob")) for one in tops if isinstance(one, dict)]
            return [(name, value), *others]
        case {"tokens": [str(text), *_], "token_logprobs": [value, *_], "top_logprobs": [dict(tops), *_]}:
            return [(_named(text), value), *((_named(str(one)), of_one) for one, of_one in tops.items())]
    return []


def _named(text: str) -> int | None:
    digits = text.removeprefix(ID_MARK)
    return int(digits) if digits != text and digits.isdecimal() and len(digits) < LONGEST_NUMBER else None


def _count(value: object) -> int | None:
    """Return a whole number that is not negative, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _choice(answer: dict[str, object]) -> dict[str, object]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise UnusableResponse("the response has no choice")
    return choices[0]


def _prompt_tokens(answer: dict[str, object], given: int) -> int:
    """Return how many tokens the prompt has: as `usage` says, else all but the one that was to be generated."""
    try:
        return prompt_tokens(answer)
    except UnusableResponse:
        return max(given - 1, 0)


def _logprob(value: object, place: int) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnusableResponse("a log-probability is not a number")
    number = float(value)
    if math.isnan(number) or number > _ROUNDING:
        raise UnusableResponse(f"{number:g} of token {place + 1} is not a log-probability")
    return min(number, 0.0)


def _is_top(numbers: Sequence[float | None], tops: object) -> tuple[bool | None, ...]:
    if not isinstance(tops, list) or len(tops) < len(numbers):
        return (None,) * len(numbers)
    return tuple(_leads(number, top) for number, top in zip(numbers, tops, strict=False))


def _leads(number: float | None, top: object) -> bool | None:
    if number is None or not isinstance(top, dict):
        return None
    others = [value for value in top.values() if isinstance(value, int | float) and not isinstance(value, bool)]
    return not others or number >= max(others)
