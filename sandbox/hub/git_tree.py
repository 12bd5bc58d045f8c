"""The git tree of a repository's files: true tree oids, and the entries that the Hub lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.hub.repo import File


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory: its path (empty for the root), the oid of its git tree, and its entries by name."""

    path: str
    oid: str
    children: tuple[Directory | File, ...]


Node = dict[str, "Node | File"]


def grow_tree(files: Iterable[File]) -> Directory:
    """Return the root directory of the files; files below another file are left out."""
    root: Node = {}
    for file in files:
        *parents, name = file.path.split("/")
        at = root
        for parent in parents:
            below = at.setdefault(parent, {})
            at = below if isinstance(below, dict) else {}
        at[name] = file
    return _directory("", root)


def descend(root: Directory, path: str) -> Directory | File | None:
    """Return what lies at a path below the root, or None."""
    return next((node for node in (root, *walk(root)) if node.path == path.strip("/")), None)


def walk(directory: Directory) -> Iterable[Directory | File]:
    """Yield everything below a directory, each directory before its entries."""
    for child in directory.children:
        yield child
        if isinstance(child, Directory):
            yield from walk(child)


def entry_of(node: Directory | File) -> dict[str, object]:
    """Return the Hub's tree entry of a file or directory."""
    if isinstance(node, Directory):
        return {"type": "directory", "oid": node.oid, "size": 0, "path": node.path}
    entry: dict[str, object] = {"type": "file", "oid": node.oid, "size": node.size_bytes}
    if node.lfs_oid is not None:
        entry["lfs"] = {"oid": node.lfs_oid, "size": node.size_bytes, "pointerSize": len(node.pointer)}
        if node.content is None:  # with a hash the official client asks the chunk store, which the sandbox lacks
            entry["xetHash"] = hashlib.blake2b(node.lfs_oid.encode(), digest_size=32).hexdigest()
    return entry | {"path": node.path}


def _directory(path: str, node: Node) -> Directory:
    children: list[Directory | File] = []
    lines = []
    for name in sorted(node, key=lambda name: f"{name}/" if isinstance(node[name], dict) else name):
        below = node[name]
        child = _directory(f"{path}/{name}".lstrip("/"), below) if isinstance(below, dict) else below
        mode = "40000" if isinstance(child, Directory) else "100644"
        lines.append(f"{mode} {name}\0".encode("utf-8", "surrogatepass") + bytes.fromhex(child.oid))
        children.append(child)
    body = b"".join(lines)
    oid = hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
    return Directory(path=path, oid=oid, children=tuple(children))
