"""Which files to request of models that declare no parent, in which order, and what that costs.

Files are requests of the bucket `resolvers`, of which the Hub allows six times as many as API requests; only what it
knows of a GGUF file is asked of the API. So files are requested by name, without the tree that would say which exist:
the record's tags, library and configuration tell that well enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crawler.budget import MOST_FACTS
from crawler.hub.expand import asked_keys
from lineage.crawl_records import GGUF_FACTS, TREE, FollowUp
from lineage.parents.hub_tags import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.crawl_records import UndeclaredModel

CARD: Final = "README.md"
CONFIG: Final = "config.json"
ADAPTER: Final = "adapter_config.json"
MERGE: Final = "mergekit_config.yml"
_TRAINED: Final = frozenset(MARKS)
_ADAPTERS: Final = frozenset({"peft", "lora", "adapter-transformers"})
_MERGES: Final = frozenset({"mergekit", "merge"})
_CONFIGURED: Final = frozenset({None, "transformers", "sentence-transformers", "setfit", "span-marker", "adapters"})
"""Libraries whose models may have a config.json, where the record was not asked whether there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlan:
    """What is to be requested of which models; `left` models have to wait for another crawl."""

    follow_ups: tuple[FollowUp, ...] = ()
    left: int = 0

    @property
    def files(self) -> int:
        """The most files that it takes, each two requests of the bucket `resolvers`."""
        return sum(path != GGUF_FACTS for one in self.follow_ups for path in one.paths)

    @property
    def api_requests(self) -> int:
        """The requests of the bucket `api` that it takes: facts about GGUF files, and one page of each tree."""
        return sum(one.has_tree + (GGUF_FACTS in one.paths) for one in self.follow_ups)


def plan_files(found: Iterable[UndeclaredModel], *, files: int, facts: int = MOST_FACTS) -> FilePlan:
    """Return what to request of models, in their order, within a number of files and of API requests.

    Where only the API requests are spent, a model's files are read, and the rest of it waits.
    """
    chosen: list[FollowUp] = []
    left = 0
    for one in found:
        wanted = choose_paths(one)
        paths = wanted if facts else tuple(path for path in wanted if path != GGUF_FACTS)
        asks_facts = GGUF_FACTS in paths
        cost = len(paths) - asks_facts
        left += cost > files or len(paths) < len(wanted)
        if not paths or cost > files:
            continue
        files -= cost
        facts -= asks_facts
        chosen.append(FollowUp(model=one.model, sha=one.sha, paths=paths, reads_all=one.is_ancestor))
    return FilePlan(follow_ups=tuple(chosen), left=left)


def plan_trees(found: Sequence[UndeclaredModel]) -> FilePlan:
    """Return requests for the trees of models, and for the files in them that were not read at this revision."""
    return FilePlan(
        follow_ups=tuple(
            FollowUp(
                model=one.model,
                sha=one.sha,
                paths=tuple(path for path in (CARD, ADAPTER, MERGE, CONFIG) if path not in one.read),
                reads_all=True,
                has_tree=True,
            )
            for one in found
            if TREE not in one.read
        )
    )


def choose_paths(one: UndeclaredModel) -> tuple[str, ...]:
    """Return the files of a model that may tell its parent or its shape, the most telling first.

    A trainer writes the parent into the card, so the card goes first where tags show one; else the configuration does,
    which tells how the model is built too.
    """
    is_gguf = "gguf" in one.tags or one.library == "gguf"
    is_adapter = one.library == "peft" or not _ADAPTERS.isdisjoint(one.tags)
    config = [CONFIG] if _may_have_config(one, is_gguf=is_gguf, is_adapter=is_adapter) else []
    first = [MERGE] if not _MERGES.isdisjoint(one.tags) else []
    if is_adapter and not one.has_adapter_config:
        first.append(ADAPTER)
    facts = [GGUF_FACTS] if is_gguf else []
    middle = [CARD, *config] if not _TRAINED.isdisjoint(one.tags) else [*config, CARD]
    return tuple(path for path in (*first, *middle, *facts) if path not in one.read)


def _may_have_config(one: UndeclaredModel, *, is_gguf: bool, is_adapter: bool) -> bool:
    if one.has_config or one.detail >= len(asked_keys("without_lineage")):
        return one.has_config
    return one.library in _CONFIGURED and not is_gguf and not is_adapter
