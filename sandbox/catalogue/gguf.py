"""The first bytes of a GGUF file, as a converter writes them: what the model is, then lists too long to include."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Draft

_VERSION = 3
_STRING = 8
_LIST = 9
_TENSORS = 291
_TOKENS = 32_000


def render_head(draft: Draft) -> bytes:
    """Return the head of a model's GGUF files; it names the source, unless only the model's name is to reveal it."""
    pairs = [("general.architecture", draft.architecture), ("general.name", draft.name)]
    if draft.evidence != "name":
        pairs += [("general.source.repo_url", f"https://huggingface.co/{parent}") for parent, _ in draft.parents[:1]]
    return write_head(pairs)


def write_head(pairs: list[tuple[str, str]]) -> bytes:
    """Return a head with these texts and the beginning of a list of tokens."""
    counts = struct.pack("<IQQ", _VERSION, _TENSORS, len(pairs) + 1)
    texts = b"".join(_text(key) + struct.pack("<I", _STRING) + _text(value) for key, value in pairs)
    tokens = _text("tokenizer.ggml.tokens") + struct.pack("<IIQ", _LIST, _STRING, _TOKENS)
    return b"GGUF" + counts + texts + tokens + b"".join(_text(f"token{number}") for number in range(8))


def _text(value: str) -> bytes:
    content = value.encode()
    return struct.pack("<Q", len(content)) + content
