"""Finds the marks of chat templates in a prompt, which a server or a tokenizer would put around it a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from evaluation.errors import OptionInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS: Final = (
    "<|im_start|>",
    "<|start_header_id|>",
    "<|begin_of_text|>",
    "<|start|>",
    "<|user|>",
    "<|assistant|>",
    "<|end_of_turn|>",
    "<|START_OF_TURN_TOKEN|>",
    "<start_of_turn>",
    "<\uff5cUser\uff5c>",
    "[INST]",
    "<<SYS>>",
)
"""What the templates of ChatML and Qwen, Llama 2 to 4, gpt-oss, Phi and Zephyr, OpenChat, Command, Gemma, DeepSeek and
Mistral put before a turn."""


def refuse_markup(texts: Iterable[str]) -> None:
    """Raise OptionInvalid for the option `chat` if one of the prompts holds the marks of a chat template."""
    for text in texts:
        mark = next((one for one in MARKS if one in text), None)
        if mark is not None:
            problem = f"a prompt holds the marks of a chat already ({mark}) and would be wrapped twice: set chat=false"
            raise OptionInvalid("chat", problem)
