"""What names the weights of a model: one hash over the files that decide what it answers, so that copies are known."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

WEIGHTS: Final = re.compile(r"(?:adapter_)?model(?:-\d{1,6}-of-\d{1,6})?\.safetensors(?:\.index\.json)?")
"""What transformers and peft load; other safetensors of a repository are other formats of the same weights."""
SETTINGS: Final = frozenset(
    {
        "added_tokens.json",
        "adapter_config.json",
        "chat_template.jinja",
        "chat_template.json",
        "config.json",
        "generation_config.json",
        "merges.txt",
        "special_tokens_map.json",
        "spiece.model",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "vocab.json",
        "vocab.txt",
    }
)


def decides(name: str) -> bool:
    """Return whether a file of a repository, by its path in it, decides what the model answers."""
    return name in SETTINGS or WEIGHTS.fullmatch(name) is not None


def weights_hash(folder: Path, known: Mapping[str, str] | None = None) -> str:
    """Return the hash of the files in a folder that decide what a model answers.

    `known` are SHA-256 hashes by file name that need not be computed, such as those that the Hub states of large files.
    """
    names = sorted(path.name for path in folder.iterdir() if decides(path.name) and path.is_file())
    return _hash_of((name, (known or {}).get(name) or file_hash(folder / name)) for name in names)


def adapted_hash(adapter: str, carrier: str) -> str:
    """Return the hash of an adapter on the model that carries it, by the hashes of both."""
    return _hash_of([("adapter", adapter), ("base", carrier)])


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, computed anew only where the file changed."""
    state = path.stat()
    return _file_hash(path, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=1024)
def _file_hash(path: Path, size: int, changed_at: int) -> str:
    del size, changed_at  # a part of the key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash_of(files: Iterable[tuple[str, str]]) -> str:
    text = "".join(f"{name}\0{sha}\n" for name, sha in files)
    return hashlib.sha256(text.encode()).hexdigest()


def tokenizer_hash(tokenizer: object) -> str:
    """Return a hash of how a tokenizer of transformers turns text into tokens, of a slow one that of its description.

    Chat template and padding are left out: they change nothing in a text that is given whole.
    """
    inner = getattr(tokenizer, "backend_tokenizer", None)
    rules = repr(tokenizer) if inner is None else inner.to_str()
    ends = [getattr(tokenizer, name, None) for name in ("bos_token_id", "eos_token_id")]
    return digest([type(tokenizer).__name__, rules, *ends])
