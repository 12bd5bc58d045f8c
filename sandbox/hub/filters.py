"""The conditions of a listing, and whether a repository meets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.hub.sorting import SortOrder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.hub.repo import Repo

RELATIONS = ("adapter", "finetune", "merge", "quantized")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The conditions of one listing, all of which a model must meet. None or empty: no condition."""

    search: str | None = None
    author: str | None = None
    filters: tuple[str, ...] = ()
    pipeline_tags: tuple[str, ...] = ()
    is_gated: bool | None = None
    order: SortOrder = field(default_factory=SortOrder)
    sees_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedRepo:
    """A repository with what listings look for, computed once."""

    repo: Repo
    name: str
    author: str | None
    labels: frozenset[str]

    def meets(self, criteria: Criteria) -> bool:
        """Return whether a listing with these conditions shows the repository; disabled ones are never listed."""
        record, access = self.repo.record, self.repo.access
        return (
            (access == "public" or (access == "private" and criteria.sees_private))
            and (criteria.search is None or criteria.search.lower() in self.name)
            and (criteria.author is None or criteria.author == self.author)
            and self.labels.issuperset(criteria.filters)
            and (not criteria.pipeline_tags or record.get("pipeline_tag") in criteria.pipeline_tags)
            and (criteria.is_gated is None or bool(record.get("gated")) == criteria.is_gated)
        )


def index_repo(repo: Repo) -> IndexedRepo:
    """Return the repository with its lower-cased id, its author and every `filter` value that finds it."""
    return IndexedRepo(
        repo=repo, name=repo.id.lower(), author=author_of(repo.id), labels=frozenset(labels_of(repo.record))
    )


def author_of(repo_id: str) -> str | None:
    """Return the namespace of an id; a legacy id without one has no author."""
    namespace, slash, _ = repo_id.partition("/")
    return namespace if slash else None


def labels_of(record: Mapping[str, object]) -> Iterator[str]:
    """Yield every `filter` value that finds the record.

    The Hub adds library, task and languages to the tags; records that lack the tag but have the field are found all the
    same. `base_model:X` finds every relation, even if only a typed tag or `baseModels` declares it.
    """
    tags = record.get("tags")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, str):
            yield tag
            yield from untyped(tag)
    for key in ("library_name", "pipeline_tag"):
        value = record.get(key)
        if isinstance(value, str):
            yield value
    card = record.get("cardData")
    languages = card.get("language") if isinstance(card, dict) else None
    for language in languages if isinstance(languages, list) else (languages,):
        if isinstance(language, str):
            yield language
    yield from _resolved_bases(record.get("baseModels"))


def untyped(tag: str) -> Iterator[str]:
    """Yield `base_model:X` for `base_model:RELATION:X`, and nothing for any other tag."""
    prefix, _, rest = tag.partition(":")
    relation, colon, base = rest.partition(":")
    if prefix == "base_model" and colon and relation in RELATIONS:
        yield f"base_model:{base}"


def _resolved_bases(resolved: object) -> Iterator[str]:
    if not isinstance(resolved, dict) or not isinstance(resolved.get("models"), list):
        return
    for model in resolved["models"]:
        base = model.get("id") if isinstance(model, dict) else None
        if isinstance(base, str):
            yield f"base_model:{base}"
            yield f"base_model:{resolved.get('relation')}:{base}"
