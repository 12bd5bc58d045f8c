"""Files of models whose record names no parent: the few small ones that may name it or say how the model is built.

With the tree, its hashes are kept too, and the head of a GGUF file, whose informative texts are kept as JSON.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from crawler.daemon_pool import DaemonPool
from crawler.fetch_models import BATCH, CONNECTIONS, batches
from crawler.file_plan import ADAPTER, CARD, CONFIG, MERGE
from crawler.http.retry_policy import AttemptFailure
from crawler.hub.listing import REFETCHES
from crawler.hub.repository import Absent, fetch_file, fetch_gguf_facts, fetch_head, fetch_tree
from lineage.crawl_records import GGUF_FACTS, TREE, FetchedFile, FileHash
from lineage.output.crawl_events import CrawlRemark, ModelsTaken
from lineage.parents.card_files import read_adapter_config, read_card_parents, read_mergekit_config
from lineage.parents.card_prose import read_sentences
from lineage.parents.declared_ids import TEXT_LIMIT, DeclaredParent, read_parents
from lineage.parents.gguf_header import HEAD_BYTES, KEYS_LIMIT, read_head
from lineage.parents.model_config import read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.hub.repository import Tree
    from crawler.walks import CrawlRun
    from lineage.crawl_records import FollowUp
    from lineage.output.crawl_events import CrawlEvent

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
            nowhere = sum(all(file.content is None for file in found) for found, _ in fetched)
            yield ModelsTaken(found=len(fetched) - nowhere, gone=nowhere)


def follow_up(client: HubClient, wanted: FollowUp) -> Fetched | CrawlRemark:
    """Fetch one model's files, until one names a parent or all of them; a remark if that may work later."""
    if wanted.has_tree:
        return _follow_up_tree(client, wanted)
    files: list[FetchedFile] = []
    for path in wanted.paths:
        fetched = _fetch_facts(client, wanted.model) if path == GGUF_FACTS else _fetch(client, wanted, path)
        if isinstance(fetched, Absent) and fetched.is_passing:
            return _later(wanted, fetched)
        files.append(_file(wanted, path, fetched))
        if not wanted.reads_all and names_parent(files[-1]):
            break
    return tuple(files), ()


def _follow_up_tree(client: HubClient, wanted: FollowUp) -> Fetched | CrawlRemark:
    tree = fetch_tree(client, wanted.model, wanted.sha or "main")
    if isinstance(tree, Absent):
        return _later(wanted, tree) if tree.is_passing else ((_missing(wanted, TREE, tree.reason),), ())
    hashes = _hashes(wanted, tree)
    sizes = {entry.path: entry.size_bytes for entry in tree.entries}
    listing = FetchedFile(model=wanted.model, path=TREE, sha=wanted.sha, content=f"{len(hashes)} files", absent=None)
    files = [listing]
    for path in (*wanted.paths, *_find_gguf(sizes)):
        if path not in sizes:
            continue
        fetched = _fetch(client, wanted, path, sizes[path])
        if isinstance(fetched, Absent) and fetched.is_passing:
            return _later(wanted, fetched)
        files.append(_file(wanted, path, fetched))
    return tuple(files), hashes


def names_parent(file: FetchedFile) -> bool:
    """Return whether a file names another model as the parent, by an id that the Hub could have."""
    read = _NAMES.get(file.path)
    if read is None or file.content is None:
        return False
    parents = [parent for text in read(file.content) for parent in read_parents(text)]
    return any(isinstance(one, DeclaredParent) and "/" in one.id and one.id != file.model for one in parents)


def _names_in_card(text: str) -> list[str]:
    declared = [name for value in read_card_parents(text) if isinstance(name := json.loads(value), str)]
    return [*declared, *(sentence.named for sentence in read_sentences(text))]


def _names_in_config(text: str) -> list[str]:
    return [name] if (name := read_config(text).name_or_path) else []


_NAMES: Final[Mapping[str, Callable[[str], Iterable[str]]]] = {
    CARD: _names_in_card,
    CONFIG: _names_in_config,
    ADAPTER: read_adapter_config,
    MERGE: read_mergekit_config,
}


def _hashes(wanted: FollowUp, tree: Tree) -> tuple[FileHash, ...]:
    return tuple(
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


def _find_gguf(sizes: Mapping[str, int]) -> list[str]:
    """Return the path of the smallest GGUF file that holds a model, if there is one: all of them say the same."""
    paths = [path for path in sizes if path.lower().endswith(".gguf") and not _NO_MODEL.search(path.rpartition("/")[2])]
    return sorted(paths, key=lambda path: (sizes[path], path))[:1]


def _fetch(client: HubClient, wanted: FollowUp, path: str, size_bytes: int | None = None) -> bytes | Absent:
    """Fetch what is wanted of a file, again if it was cut on its way; `size_bytes` is None without a tree.

    Nothing reveals that a text was cut but the hash in its response and the size in its tree.
    """
    for attempt in range(1, REFETCHES + 1):
        fetched = _fetch_once(client, wanted, path, size_bytes)
        if isinstance(fetched, bytes) or not fetched.is_cut:
            return fetched
        failure = AttemptFailure(kind="cut", reason=fetched.reason)
        client.back_off(f"/{wanted.model}", failure=failure, attempt=attempt)
    return fetched


def _fetch_once(client: HubClient, wanted: FollowUp, path: str, size_bytes: int | None) -> bytes | Absent:
    revision = wanted.sha or "main"
    if path.lower().endswith(".gguf"):
        size_bytes = min(size_bytes or HEAD_BYTES, HEAD_BYTES)
        fetched = fetch_head(client, wanted.model, revision, path, size_bytes)
    else:
        fetched = fetch_file(client, wanted.model, revision, path, LARGEST_TEXT_BYTES)
    if isinstance(fetched, bytes) and size_bytes not in {None, len(fetched)}:
        return Absent(reason="it is not as long as its tree says", is_passing=True, is_cut=True)
    return fetched


def _fetch_facts(client: HubClient, model: str) -> bytes | Absent:
    """Fetch what the Hub knows of a model's GGUF files: numbers and short texts, without templates and lists."""
    facts = fetch_gguf_facts(client, model)
    if isinstance(facts, Absent):
        return facts
    if not facts:
        return Absent(reason="the Hub knows of no GGUF file")
    short = {key: value for key, value in facts.items() if len(key) <= TEXT_LIMIT and _is_short(value)}
    return json.dumps(dict(list(short.items())[:KEYS_LIMIT])).encode()


def _is_short(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and len(value) <= TEXT_LIMIT)


def _file(wanted: FollowUp, path: str, fetched: bytes | Absent) -> FetchedFile:
    if isinstance(fetched, Absent):
        return _missing(wanted, path, fetched.reason)
    is_head = path.lower().endswith(".gguf")
    text = json.dumps(read_head(fetched)) if is_head else fetched.decode("utf-8", errors="replace")
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=text, absent=None)


def _later(wanted: FollowUp, absent: Absent) -> CrawlRemark:
    return CrawlRemark(text=f"the files of {wanted.model} could not be read this time: {absent.reason}")


def _missing(wanted: FollowUp, path: str, reason: str) -> FetchedFile:
    return FetchedFile(model=wanted.model, path=path, sha=wanted.sha, content=None, absent=reason)
