"""Files of models whose record names no parent: the tree with its hashes, and the few files that may name one.

Those are three small files, and the head of a GGUF file, whose informative texts are kept as JSON.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from crawler.daemon_pool import DaemonPool
from crawler.fetch_models import BATCH, CONNECTIONS, batches
from crawler.http.retry_policy import AttemptFailure
from crawler.hub.listing import REFETCHES
from crawler.hub.repository import Absent, fetch_file, fetch_head, fetch_tree
from lineage.crawl_records import FetchedFile, FileHash, FollowUp
from lineage.output.crawl_events import CrawlRemark, ModelsTaken
from lineage.parents.gguf_header import HEAD_BYTES, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.walks import CrawlRun
    from lineage.output.crawl_events import CrawlEvent

TREE: Final = ""
TELLING: Final = ("README.md", "adapter_config.json", "mergekit_config.yml")
LARGEST_TEXT_BYTES: Final = 1 << 20
_NO_MODEL: Final = re.compile(r"mmproj|imatrix|-(?!0*1-)\d{1,9}-of-\d", re.IGNORECASE)
"""In the names of GGUF files that tell nothing of a model: projectors, importances, the later parts of a split one."""
Fetched: TypeAlias = tuple[tuple[FetchedFile, ...], tuple[FileHash, ...]]


def follow_up_all(run: CrawlRun, wanted: Sequence[FollowUp]) -> Iterator[CrawlEvent]:
    """Fetch the trees and files of models, storing one batch at a time; yields one event per batch.

    A model with anything unavailable this time is not stored: another crawl requests it again.
    """
    with DaemonPool(CONNECTIONS, name="files") as pool:
        for batch in batches(wanted, BATCH):
            results = pool.each(partial(follow_up, run.client), batch)
            fetched = [result for result in results if not isinstance(result, CrawlRemark)]
            files = [file for found, _ in fetched for file in found]
            hashes = [entry for _, entries in fetched for entry in entries]
            with run.spending.told() as spent:
                run.store.take_files(files, hashes, run.facts(frozenset()), spent)
            yield from (result for result in results if isinstance(result, CrawlRemark))
            absent = sum(file.content is None for file in files)
            yield ModelsTaken(found=len(files) - absent, gone=absent)


def follow_up(client: HubClient, wanted: FollowUp) -> Fetched | CrawlRemark:
    """Fetch one model's tree, and those files in it that may name a parent; a remark if that may work later."""
    revision = wanted.sha or "main"
    tree = fetch_tree(client, wanted.model, revision)
    if isinstance(tree, Absent):
        return _later(wanted, tree) if tree.is_passing else ((_missing(wanted, TREE, tree.reason),), ())
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
    sizes = {entry.path: entry.size_bytes for entry in tree.entries}
    listing = FetchedFile(model=wanted.model, path=TREE, sha=wanted.sha, content=f"{len(hashes)} files", absent=None)
    files = [listing]
    for path in (*TELLING, *_find_gguf(sizes)):
        if path not in sizes:
            continue
        fetched = _fetch(client, wanted.model, revision, path, sizes[path])
        if isinstance(fetched, Absent) and fetched.is_passing:
            return _later(wanted, fetched)
        files.append(_file(wanted, path, fetched))
    return tuple(files), hashes


def _find_gguf(sizes: Mapping[str, int]) -> list[str]:
    """Return the path of the smallest GGUF file that holds a model, if there is one: all of them say the same."""
    paths = [path for path in sizes if path.lower().endswith(".gguf") and not _NO_MODEL.search(path.rpartition("/")[2])]
    return sorted(paths, key=lambda path: (sizes[path], path))[:1]


def _fetch(client: HubClient, model: str, revision: str, path: str, size_bytes: int) -> bytes | Absent:
    """Fetch what is wanted of a file, again if it is not as long as its tree says.

    Nothing else reveals that a text was cut in half.
    """
    reason = "it is not as long as its tree says"
    is_large = path not in TELLING
    wanted_bytes = min(size_bytes, HEAD_BYTES) if is_large else size_bytes
    for attempt in range(1, REFETCHES + 1):
        if is_large:
            fetched = fetch_head(client, model, revision, path, wanted_bytes)
        else:
            fetched = fetch_file(client, model, revision, path, LARGEST_TEXT_BYTES)
        if isinstance(fetched, Absent) or len(fetched) == wanted_bytes:
            return fetched
        client.back_off(f"/{model}", failure=AttemptFailure(kind="cut", reason=reason), attempt=attempt)
    return Absent(reason=reason, is_passing=True)


def _file(wanted: FollowUp, path: str, fetched: bytes | Absent) -> FetchedFile:
    if isinstance(fetched, Absent):
        return _missing(wanted, path, fetched.reason)
    is_text = path in TELLING
    text = fetched.decode("utf-8", errors="replace") if is_text else json.dumps(read_head(fetched))
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=text, absent=None)


def _later(wanted: FollowUp, absent: Absent) -> CrawlRemark:
    return CrawlRemark(text=f"the files of {wanted.model} could not be read this time: {absent.reason}")


def _missing(wanted: FollowUp, path: str, reason: str) -> FetchedFile:
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=None, absent=reason)
