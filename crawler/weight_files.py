"""Which file of a model is read for its weights: safetensors before GGUF, never a pickle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.hub.repository import TreeEntry

_SHARD: Final = re.compile(r"-0*(\d{1,6})-of-\d{1,6}\.(?:safetensors|gguf)$")
_COUNTED: Final = re.compile(r"-(?P<number>\d{1,6})-of-(?P<count>\d{1,6})\.safetensors$")
_MOST_SHARDS: Final = 1000
_ADAPTER: Final = re.compile(
    r"(?:^|/)(?:adapter_model|adapter_config|pytorch_lora_weights)[^/]*$|lora[^/]*$", re.IGNORECASE
)
_PREFERRED: Final = ("", "transformer/", "unet/")
"""Folders that hold the model itself, in a repository of several parts."""
_NO_MODEL: Final = re.compile(r"mmproj|imatrix|(?:^|/)ggml-vocab|lora[^/]*$", re.IGNORECASE)
"""GGUF files that hold a projector of images, statistics, a vocabulary alone or an adapter."""
_BITS: Final = re.compile(r"(?<![a-z0-9])(?:(?:b?f|fp)(?P<float>16|32)|i?q(?P<bits>[1-8]))(?![0-9])", re.IGNORECASE)
_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


class NoWeightFileError(Exception):
    """A model holds no file whose weights are read; the message says why."""


def choose_file(entries: Sequence[TreeEntry]) -> TreeEntry:
    """Return the file whose first rows are read: the first shard of the model's safetensors, or else of its GGUF.

    Of several GGUF files it is that of most bits, by its name, then by its size. Raises NoWeightFileError.
    """
    found = [entry for entry in entries if entry.path.endswith(".safetensors")]
    whole = [entry for entry in found if not _ADAPTER.search(entry.path)]
    if first := _first_shards(whole):
        return min(first, key=lambda entry: (_preference(entry.path), -entry.size_bytes, entry.path))
    if whole:
        raise NoWeightFileError("the first shard of its weights is missing")
    if found:
        raise NoWeightFileError("it is an adapter, which holds only what it adds to its base")
    gguf = [entry for entry in entries if entry.path.endswith(".gguf") and not _NO_MODEL.search(entry.path)]
    if first := _first_shards(gguf):
        return min(first, key=lambda entry: (-_bits(entry.path), -entry.size_bytes, entry.path))
    if gguf:
        raise NoWeightFileError("the first part of its weights is missing")
    if any(entry.path.endswith(_PICKLES) for entry in entries):
        raise NoWeightFileError("its weights are a pickle, which is never opened: safetensors and GGUF are read")
    raise NoWeightFileError("it holds no weights that we know")


def choose_files(entries: Sequence[TreeEntry]) -> list[TreeEntry]:
    """Return all shards of the safetensors that `choose_file` takes the first of. Raises NoWeightFileError."""
    first = choose_file(entries)
    if not first.path.endswith(".safetensors"):
        raise NoWeightFileError("its weights are GGUF, of which the first rows alone are read: see --reading")
    shard = _SHARD.search(first.path)
    if shard is None:
        return [first]
    stem = first.path[: shard.start()]
    found = [entry for entry in entries if entry.path.startswith(stem) and _SHARD.fullmatch(entry.path, len(stem))]
    return sorted(found, key=lambda entry: int(_SHARD.fullmatch(entry.path, len(stem))[1]))  # type: ignore[index] # it fits


def list_shards(path: str) -> tuple[str, ...]:
    """Return the paths of all shards of which a path names one, in order; the path alone if it names no shard."""
    found = _COUNTED.search(path)
    if found is None or not 1 <= int(found["count"]) <= _MOST_SHARDS:
        return (path,)
    stem, width = path[: found.start()], len(found["number"])
    return tuple(
        f"{stem}-{number:0{width}}-of-{found['count']}.safetensors" for number in range(1, int(found["count"]) + 1)
    )


def choose_adapter(entries: Sequence[TreeEntry]) -> TreeEntry | None:
    """Return the file of an adapter in a repository that holds no model beside it; None if there is none."""
    found = [entry for entry in entries if entry.path.endswith(".safetensors")]
    if any(not _ADAPTER.search(entry.path) for entry in found):
        return None
    named = [entry for entry in found if entry.path.rsplit("/", 1)[-1] == "adapter_model.safetensors"]
    return min(named, key=lambda entry: (entry.path.count("/"), entry.path), default=None)


def _first_shards(entries: Sequence[TreeEntry]) -> list[TreeEntry]:
    return [entry for entry in entries if (shard := _SHARD.search(entry.path)) is None or int(shard[1]) == 1]


def _preference(path: str) -> int:
    folder = path[: path.rfind("/") + 1]
    return _PREFERRED.index(folder) if folder in _PREFERRED else len(_PREFERRED)


def _bits(path: str) -> int:
    """Return the bits per number that the name of a file tells; 0 if it tells none."""
    told = [found["float"] or found["bits"] for found in _BITS.finditer(path.rsplit("/", 1)[-1])]
    return int(told[-1]) if told else 0
