"""The graph's arrays as files beside the database, mapped into memory: a process opens them instead of building them.

`<database>.graph/<fingerprint>/` holds one `.npy` file an array. They follow from what `resolve` or a crawl derived
last, are made by a command that writes, or else by whoever first needs them, and may be deleted at any time. Where the
folder cannot be written there are none.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.graph.csr import Adjacency
from lineage.graph.graph import Families, Graph
from lineage.graph.id_index import GraphIndex
from store.derive.kept_ids import files_of, mark_current
from store.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from store.database import Database

    Arrays = Mapping[str, np.ndarray]

FORMAT: Final = 1
_IDS_AT_ONCE: Final = 100_000
_OURS: Final = re.compile(r"\d+-[0-9a-z-]+|new-.+")
_DTYPES: Final = {
    "parent_starts": np.int32,
    "parents": np.int32,
    "parent_relations": np.uint8,
    "child_starts": np.int32,
    "children": np.int32,
    "child_relations": np.uint8,
    "root": np.int32,
    "depth": np.int32,
    "family_size": np.int32,
    "component": np.int32,
    "id_text": np.uint8,
    "id_starts": np.int64,
    "downloads": np.int64,
}
_BY_NODE: Final = ("root", "depth", "family_size", "component", "downloads")
_BY_BOUND: Final = ("parent_starts", "child_starts", "id_starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGraph:
    """The graph of a database, the ids of its nodes, and their downloads (int64, 0 where unknown)."""

    graph: Graph
    index: GraphIndex
    downloads: NDArray[np.int64]


def open_graph(database: Database) -> StoredGraph:
    """Return the graph as it was derived last: from its files where they are current, else built, and kept."""
    fingerprint = database.value("graph/fingerprint")
    if not isinstance(fingerprint, str):
        return _assembled(_build(database))
    folder = files_of(database.path) / f"{FORMAT}-{fingerprint}"
    arrays = _read(folder)
    if arrays is None:
        arrays = _build(database)
        _write(folder, arrays)
    return _assembled(arrays)


def keep_files(database: Database) -> None:
    """Make the files of the graph as it was derived last, where they are not there yet, and mark them as current."""
    fingerprint = database.value("graph/fingerprint")
    if fingerprint is None:
        return
    open_graph(database)
    with suppress(StoreError):  # others still read from it: then the files have no mark, and nobody trusts them unasked
        database.run("database/checkpoint")
        mark_current(database.path, f"{FORMAT}-{fingerprint}")


def keep_graph(database: Database, stored: StoredGraph) -> None:
    """Keep a graph, as it was derived last, in its files; nothing is read from the database."""
    fingerprint = database.value("graph/fingerprint")
    _write(files_of(database.path) / f"{FORMAT}-{fingerprint}", _arrays_of(stored))


def _build(database: Database) -> Arrays:
    from store.derive.graph_tables import load_graph  # it brings half of the package with it, and is seldom needed

    graph = load_graph(database)
    index = GraphIndex.from_bytes(_read_ids(database, graph.size), database.arrays("graph/id_lengths")["size_bytes"])
    downloads = database.arrays("graph_tables/list_downloads")["downloads"].astype(np.int64, copy=False)
    return _arrays_of(StoredGraph(graph=graph, index=index, downloads=downloads))


def _arrays_of(stored: StoredGraph) -> Arrays:
    graph, families = stored.graph, stored.graph.labels
    return {
        "parent_starts": graph.upwards.starts,
        "parents": graph.upwards.neighbours,
        "parent_relations": graph.upwards.relations,
        "child_starts": graph.downwards.starts,
        "children": graph.downwards.neighbours,
        "child_relations": graph.downwards.relations,
        "root": families.root,
        "depth": families.depth,
        "family_size": families.size,
        "component": families.component,
        "id_text": stored.index.text,
        "id_starts": stored.index.starts,
        "downloads": stored.downloads,
    }


def _read_ids(database: Database, size: int) -> bytes:
    """Return all ids one after another; DuckDB would need several times their bytes to join all of them at once."""
    text = bytearray()
    for first in range(0, size, _IDS_AT_ONCE):
        text += str(database.value("graph/ids", first=first, last=first + _IDS_AT_ONCE)).encode()
    return bytes(text)


def _assembled(arrays: Arrays) -> StoredGraph:
    families = Families(
        root=arrays["root"], depth=arrays["depth"], size=arrays["family_size"], component=arrays["component"]
    )
    upwards = Adjacency(
        starts=arrays["parent_starts"], neighbours=arrays["parents"], relations=arrays["parent_relations"]
    )
    downwards = Adjacency(
        starts=arrays["child_starts"], neighbours=arrays["children"], relations=arrays["child_relations"]
    )
    index = GraphIndex(text=arrays["id_text"], starts=arrays["id_starts"])
    graph = Graph(parents=upwards, children=downwards, families=families)
    return StoredGraph(graph=graph, index=index, downloads=arrays["downloads"])


def _read(folder: Path) -> Arrays | None:
    """Map the files of a folder; None where they are not there, or not whole."""
    if folder.parent.is_symlink():
        return None
    try:
        arrays = {
            name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in _DTYPES
        }
    except (OSError, ValueError, EOFError):
        return None
    return arrays if _is_whole(arrays) else None


def _is_whole(arrays: Arrays) -> bool:
    """Return whether files are arrays of the right kinds and lengths; what a stray write left is not."""
    if any(array.dtype != _DTYPES[name] or array.ndim != 1 for name, array in arrays.items()):
        return False
    size = len(arrays["root"])
    edges = len(arrays["parents"])
    return (
        all(len(arrays[name]) == size for name in _BY_NODE)
        and all(len(arrays[name]) == size + 1 for name in _BY_BOUND)
        and all(len(arrays[name]) == edges for name in ("children", "parent_relations", "child_relations"))
        and int(arrays["parent_starts"][-1]) == int(arrays["child_starts"][-1]) == edges
        and int(arrays["id_starts"][-1]) == len(arrays["id_text"])
    )


def _write(folder: Path, arrays: Arrays) -> None:
    """Put the files in their place at once, and drop older ones; do nothing where the disk refuses."""
    if folder.parent.is_symlink():  # whoever put it there chose what would be removed below
        return
    try:
        folder.parent.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
        fresh.chmod(folder.parent.stat().st_mode)
    except OSError:
        return
    try:
        for name, array in arrays.items():
            with (fresh / f"{name}.npy").open("wb") as out:
                np.save(out, array, allow_pickle=False)
                os.fsync(out.fileno())
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        return
    for other in folder.parent.iterdir():
        if other != folder and _OURS.fullmatch(other.name):
            shutil.rmtree(other, ignore_errors=True)
