"""Files of models whose record names no parent: the tree with its hashes, and the few small files that may name one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeAlias

from crawler.lookups import BATCH, CONNECTIONS
from crawler.repositories import Absent, fetch_file, fetch_tree
from lineage.pages import FetchedFile, FileHash, FollowUp
from lineage.progress import ModelsTaken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.walks import Run
    from crawler.wire import Wire
    from lineage.progress import Event

TREE: Final = ""
TELLING: Final = ("README.md", "adapter_config.json", "mergekit_config.yml")
LARGEST_TEXT_BYTES: Final = 1 << 20
Fetched: TypeAlias = tuple[tuple[FetchedFile, ...], tuple[FileHash, ...]]


def follow_up_all(run: Run, wanted: Sequence[FollowUp]) -> Iterator[Event]:
    """Fetch the trees and telling files of models, a batch stored at a time; yields an event a batch."""
    with ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="files") as pool:
        for start in range(0, len(wanted), BATCH):
            answers = list(pool.map(lambda one: follow_up(run.wire, one), wanted[start : start + BATCH]))
            files = [file for fetched, _ in answers for file in fetched]
            hashes = [entry for _, entries in answers for entry in entries]
            run.shelf.take_files(files, hashes, run.facts(frozenset()), run.spending.take())
            absent = sum(file.content is None for file in files)
            yield ModelsTaken(found=len(files) - absent, gone=absent)


def follow_up(wire: Wire, wanted: FollowUp) -> Fetched:
    """Fetch one model's tree, and of the telling files those that are in it."""
    revision = wanted.sha or "main"
    tree = fetch_tree(wire, wanted.model, revision)
    if isinstance(tree, Absent):
        return (_missing(wanted, TREE, tree.reason),), ()
    hashes = tuple(
        FileHash(
            model=wanted.model,
            path=entry.path,
            sha=wanted.sha,
            size_bytes=entry.size_bytes,
            oid=entry.oid,
            lfs_oid=entry.lfs_oid,
        )
        for entry in tree.entries
    )
    present = {entry.path for entry in tree.entries}
    files = tuple(_fetch(wire, wanted, revision, path) for path in TELLING if path in present)
    listing = FetchedFile(model=wanted.model, path=TREE, sha=wanted.sha, content=f"{len(hashes)} files", absent=None)
    return (listing, *files), hashes


def _fetch(wire: Wire, wanted: FollowUp, revision: str, path: str) -> FetchedFile:
    fetched = fetch_file(wire, wanted.model, revision, path, LARGEST_TEXT_BYTES)
    if isinstance(fetched, Absent):
        return _missing(wanted, path, fetched.reason)
    text = fetched.decode("utf-8", errors="replace")
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=text, absent=None)


def _missing(wanted: FollowUp, path: str, reason: str) -> FetchedFile:
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=None, absent=reason)
