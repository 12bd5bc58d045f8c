"""The options of a task that runs on a server: plain values by name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evaluation.engines.endpoint.api_client import RETRIES, ApiClient, parse_url
from evaluation.engines.endpoint.server import Decoding
from evaluation.engines.options import Value, check_types
from evaluation.errors import OptionInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluation.engines.endpoint.api_key import ApiKey

MOST_CONCURRENT: Final = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOptions:
    """What a user may set for a task; docs/evaluating.md describes each. An empty text means not set.

    `model` is the server's name of the model, by default the task's. `chat` is None for the default of the definition:
    a task of lm-evaluation-harness is asked as by the other engines, in its bare prompts, and prompts of the user's own
    are asked as a chat. `scorer` is `acc` or `acc_norm` for choices, and
    `exact_match`, `refusal`, `incoherence` or `judge` for replies; lm-evaluation-harness tasks name their own metric.
    """

    url: str = ""
    model: str = ""
    key_variable: str = ""
    concurrency: int = 32
    attempts: int = 6
    answer_seconds: float = 600.0
    wait_seconds: float = 0.5
    chat: bool | None = None
    system: str = ""
    max_tokens: int = 512
    seed: int = 1234
    empty_context: str = ""
    scorer: str = ""
    labelled: str = ""
    judge_prompt: str = ""
    judge_url: str = ""
    judge_model: str = ""
    judge_key_variable: str = ""
    judge_max_tokens: int = 512

    def client(self, url: str, key: ApiKey | None) -> ApiClient:
        """Return a client of a server, with the attempts and waits of the options."""
        return ApiClient(
            url,
            key=key,
            retry_policy=replace(RETRIES, attempts=self.attempts, first_wait_seconds=self.wait_seconds),
            concurrency=self.concurrency,
            answer_seconds=self.answer_seconds,
        )

    def decoding(self, *, is_harness: bool) -> Decoding:
        """Return how replies are drawn for a task of lm-evaluation-harness, or for prompts of the user's own."""
        is_chat = not is_harness if self.chat is None else self.chat
        return Decoding(is_chat=is_chat, max_tokens=self.max_tokens, seed=self.seed, system=self.system or None)

    def file(self, name: str) -> Path:
        """Return the file that an option names; raises OptionInvalid if none is named."""
        value = getattr(self, name)
        if not value:
            raise OptionInvalid(name, f"the scorer {self.scorer} needs it")
        return Path(value)


def read_options(given: Mapping[str, Value]) -> EndpointOptions:
    """Return the options of a task, which need not name its server yet.

    Raises OptionInvalid for unknown names, other types, values out of range, and addresses with a secret or none.
    """
    kinds = {one.name: type(one.default) for one in fields(EndpointOptions)} | {"chat": bool}
    options = EndpointOptions(**check_types(given, kinds))  # type: ignore[arg-type]  # each value has the type of its field's default
    for name in ("url", "judge_url"):
        if address := getattr(options, name):
            parse_url(address, name)
    if not 1 <= options.concurrency <= MOST_CONCURRENT:
        raise OptionInvalid("concurrency", f"not 1 to {MOST_CONCURRENT:,}")
    if not options.wait_seconds >= 0:
        raise OptionInvalid("wait_seconds", "negative")
    for name in ("attempts", "max_tokens", "judge_max_tokens", "answer_seconds"):
        if not getattr(options, name) > 0:
            raise OptionInvalid(name, "not positive")
    return options
