"""Models whose own rules change greedy replies are refused by vLLM's engine, which would not follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evaluation.engines.vllm.generation_rules import check_generation
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", [None, "{}", '{"temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.0}'])
def test_what_changes_nothing_is_taken(tmp_path: Path, text: str | None) -> None:
    """No file, an empty one, and settings of drawn replies."""
    if text is not None:
        (tmp_path / "generation_config.json").write_text(text, "utf-8")
    check_generation(tmp_path, "maple/one")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"repetition_penalty": 1.1}', "repetition_penalty"),
        ('{"no_repeat_ngram_size": 3}', "no_repeat_ngram_size"),
        ('{"suppress_tokens": [1]}', "suppress_tokens"),
        ("[]", "no mapping"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_changes_replies_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """By the rule that is at fault; a file that is none is refused too."""
    (tmp_path / "generation_config.json").write_text(text, "utf-8")
    with pytest.raises(CannotRun, match=said):
        check_generation(tmp_path, "maple/one")
