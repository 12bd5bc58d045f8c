"""The family as repositories of the sandbox Hub: its files byte for byte, and records as the Hub makes them.

It needs only the folder, not torch or anything else that made the models.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

from sandbox.catalogue.draft import Draft
from sandbox.catalogue.file_hashes import blob_oid, small_file
from sandbox.catalogue.hub import publish
from sandbox.hub import git_tree as gittree
from sandbox.hub.repo import File
from sandbox.weights.folders import NoFamilyError, place_of, read_card, read_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.hub.repo import Repo
    from sandbox.weights.folders import Listed

_LARGE: Final = ".safetensors"
_WIDTH_BYTES: Final = 8


def read_family(folder: Path, *, seed: int = 0) -> tuple[Repo, ...]:
    """Return every model of a folder written by `lineage sandbox weights`, oldest first.

    `seed` draws dates and usage. Raises NoFamilyError if the folder holds no family, or a broken one.
    """
    listed = read_list(folder)
    files = {each.id: _files(place_of(folder, each.id)) for each in listed}
    repos = publish([_draft(each, files[each.id], folder) for each in listed], seed)
    return tuple(replace(repo, files=files[repo.id]) for repo in repos)


def _draft(listed: Listed, files: Sequence[File], folder: Path) -> Draft:
    names = {file.path for file in files}
    is_adapter = "adapter_config.json" in names
    peft_base = _json(files, "adapter_config.json")["base_model_name_or_path"] if is_adapter else None
    return Draft(
        id=listed.id,
        card=read_card(folder, listed.id),
        library="peft" if is_adapter else "transformers",
        weights="adapter" if is_adapter else "safetensors",
        peft_base=peft_base,
        parents=listed.parents,
        overrides=_overrides(files, is_adapter=is_adapter),
    )


def _overrides(files: Sequence[File], *, is_adapter: bool) -> dict[str, object]:
    """Return the keys of the record that follow from the true files."""
    overrides: dict[str, object] = {
        "sha": commit_of(files),
        "siblings": [{"rfilename": file.path} for file in files],
        "usedStorage": sum(file.size_bytes for file in files if file.lfs_oid is not None),
        "safetensors": _parameters(files),
        "xetEnabled": False,
    }
    if not is_adapter:
        shown = {key: _json(files, "config.json")[key] for key in ("architectures", "model_type")}
        eos_token = _json(files, "tokenizer_config.json")["eos_token"]
        overrides["config"] = shown | {"tokenizer_config": {"eos_token": eos_token}}
    return overrides


def commit_of(files: Sequence[File]) -> str:
    """Return the sha1 of a git commit whose tree holds exactly these files."""
    who = "sandbox <sandbox@example.org> 0 +0000"
    text = f"tree {gittree.grow_tree(files).oid}\nauthor {who}\ncommitter {who}\n\nUpload files\n".encode()
    return hashlib.sha1(b"commit %d\0" % len(text) + text, usedforsecurity=False).hexdigest()


def _files(place: Path) -> tuple[File, ...]:
    paths = sorted(path for path in place.rglob("*") if path.is_file())
    if not paths:
        raise NoFamilyError(f"{place} holds no model")
    return tuple(_file(path.relative_to(place).as_posix(), path.read_bytes()) for path in paths)


def _file(path: str, content: bytes) -> File:
    """Return a file, weights as a large one: git then holds its pointer, and the large file store its sha256."""
    if not path.endswith(_LARGE):
        return small_file(path, content)
    large = File(
        path=path,
        size_bytes=len(content),
        oid="",
        content=content,
        lfs_oid=hashlib.sha256(content).hexdigest(),
    )
    return replace(large, oid=blob_oid(large.pointer))


def _json(files: Sequence[File], path: str) -> dict[str, Any]:
    found = next((file.content for file in files if file.path == path), None)
    if found is None:
        raise NoFamilyError(f"a model of the family lacks {path}")
    read: dict[str, Any] = json.loads(found)
    return read


def _parameters(files: Sequence[File]) -> dict[str, object]:
    """Count the parameters of safetensors files by type, as their headers declare."""
    counts: Counter[str] = Counter()
    for file in files:
        if file.lfs_oid is not None and file.content is not None:
            for tensor in _tensors(file.content):
                counts[tensor["dtype"]] += prod(tensor["shape"])
    return {"parameters": dict(counts), "total": counts.total()}


def _tensors(content: bytes) -> list[dict[str, Any]]:
    """Return what a safetensors file says about its tensors: JSON behind its own length in eight bytes."""
    length = int.from_bytes(content[:_WIDTH_BYTES], "little")
    header = json.loads(content[_WIDTH_BYTES : _WIDTH_BYTES + length])
    return [tensor for name, tensor in header.items() if name != "__metadata__"]
