"""The repositories of a sandbox Hub, perhaps over a record file; they may change while they are served."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from sandbox.hub.filters import Criteria, IndexedRepo, author_of, index_repo
from sandbox.hub.repo import Repo, stand_in_sha, timestamp
from sandbox.hub.sorting import ListingRow, PageMark, arrange, is_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.hub.record_file import RecordFile
    from sandbox.hub.repo import Access, File

_COUNTERS = frozenset({"downloads", "downloadsAllTime", "likes", "trendingScore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTo:
    """The name leads to another one: it is a former id, or another spelling of the same id."""

    id: str


class PageSlice(NamedTuple):
    """One page's items in order (repositories, or lines of a record file), and the mark of the next page or None."""

    items: list[Repo | bytes]
    following: PageMark | None


class FilterVocabulary(NamedTuple):
    """Every `filter` value of the public records, and which of them are tasks and which libraries."""

    labels: frozenset[str]
    tasks: frozenset[str]
    libraries: frozenset[str]


class RepoStore:
    """Repositories under one lock. Every method may be called from any thread while a server shows them."""

    def __init__(
        self,
        repos: Iterable[Repo] = (),
        *,
        records: RecordFile | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Store the repositories, over the record file if one is given; `now` dates the changes."""
        self._lock = RLock()
        self._now = now
        self._records = records
        self._gone: set[int] = set()
        self._live: dict[str, IndexedRepo] = {}
        self._hub_ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._former: dict[str, str] = {}
        self._versions: dict[tuple[str, str], Repo] = {}
        for repo in repos:
            self.add(repo)

    def __len__(self) -> int:
        with self._lock:
            below = len(self._records) - len(self._gone) if self._records is not None else 0
            return len(self._live) + below

    def now(self) -> datetime:
        """Return the time of the clock by which changes are dated."""
        return self._now()

    def ids(self) -> tuple[str, ...]:
        """Return the ids of the repositories that are stored as such (not those of an untouched record file)."""
        with self._lock:
            return tuple(self._hub_ids)

    def public(self) -> tuple[Repo, ...]:
        """Return the repositories that everybody sees (not those of an untouched record file)."""
        with self._lock:
            return tuple(held.repo for held in self._live.values() if held.repo.access == "public")

    def get(self, repo_id: str) -> Repo:
        """Return the repository of exactly this id, whatever its access. Raises KeyError."""
        found = self.find(repo_id)
        if isinstance(found, Repo):
            return found
        raise KeyError(repo_id)

    def find(self, repo_id: str) -> Repo | MovedTo | None:
        """Return the repository of this name, where the name leads now, or None."""
        with self._lock:
            if repo_id in self._hub_ids:
                return self._live[self._hub_ids[repo_id]].repo
            former = self._former.get(repo_id)
            if former in self._live:
                return MovedTo(id=self._live[former].repo.id)
            spelled = self._names.get(repo_id.lower())
            if spelled is not None:
                return MovedTo(id=spelled)
            return self._find_record(repo_id)

    def version(self, repo: Repo, revision: str) -> Repo | None:
        """Return the repository as it is at `main` or was at one of its commits; None for any other revision."""
        with self._lock:
            if revision in ("main", repo.sha):
                return repo
            return self._versions.get((repo.hub_id, revision))

    def page(self, criteria: Criteria, *, mark: PageMark | None = None, skip: int = 0, limit: int = 1000) -> PageSlice:
        """Return at most `limit` records behind the mark that meet the criteria, leaving out the first `skip`."""
        with self._lock:
            wanted = skip + limit + 1
            rows = self._record_rows(criteria, mark, wanted)
            if self._live:
                rows = arrange((*rows, *self._live_rows(criteria, mark)), criteria.order)
        shown = rows[skip : skip + limit]
        following = PageMark(shown[-1].value, shown[-1].hub_id) if shown and len(rows) > skip + limit else None
        return PageSlice([row.item for row in shown], following)

    def count(self, criteria: Criteria) -> int:
        """Return how many records meet the criteria."""
        with self._lock:
            live = sum(held.meets(criteria) for held in self._live.values())
            if self._records is None:
                return live
            rows = self._records.select(criteria)
            return live + len(rows) - (len(self._gone.intersection(rows.tolist())) if self._gone else 0)

    def vocabulary(self) -> FilterVocabulary:
        """Return the words by which the public records can be found."""
        with self._lock:
            shown = [held for held in self._live.values() if held.meets(Criteria())]
            below = self._records.vocabulary() if self._records is not None else (frozenset[str](),) * 3
        tasks = {str(held.repo.record.get("pipeline_tag")) for held in shown}
        libraries = {str(held.repo.record.get("library_name")) for held in shown}
        labels = frozenset[str]().union(*(held.labels for held in shown))
        return FilterVocabulary(below[0] | labels, below[1] | tasks, below[2] | libraries)

    def add(self, repo: Repo) -> None:
        """Store a new repository. Raises ValueError if its id or `_id` is taken, or its record is not JSON."""
        json.dumps(repo.record)
        with self._lock:
            if repo.hub_id in self._live or repo.id in self._hub_ids:
                raise ValueError(f"{repo.id} ({repo.hub_id}) is already here")
            self._put(repo)

    def change(
        self,
        repo_id: str,
        odd_fields: Mapping[str, object] | None = None,
        /,
        *,
        files: tuple[File, ...] | None = None,
        touch: bool | None = None,
        at: datetime | None = None,
        **record_fields: object,
    ) -> Repo:
        """Set fields of a record (by mapping those that Python cannot name, such as `model-index`) and files.

        As on the Hub, a change makes a new commit (`sha`, `lastModified` = `at` or now) unless only counters change;
        `touch` overrides this. The former commit stays readable by its sha. Raises KeyError.
        """
        with self._lock:
            repo = self.get(repo_id)
            fields = dict(odd_fields or {}) | record_fields
            if touch is None:
                touch = files is not None or not fields.keys() <= _COUNTERS
            record = repo.record | fields
            if touch:
                commit = {"sha": stand_in_sha(f"after {repo.sha}"), "lastModified": timestamp(at or self.now())}
                record |= {key: value for key, value in commit.items() if key not in fields}
            return self._put(replace(repo, record=record, files=repo.files if files is None else files))

    def rename(self, old: str, new: str) -> Repo:
        """Give a repository a new id; the old one redirects, `_id` stays. Raises KeyError, ValueError."""
        with self._lock:
            repo = self.get(old)
            if self.find(new) is not None and new.lower() != old.lower():
                raise ValueError(f"{new} is already here")
            names: dict[str, object] = {"id": new, "modelId": new}
            if author_of(new) is not None:
                names["author"] = author_of(new)
            return self._put(replace(repo, record=repo.record | names, former_ids=(*repo.former_ids, old)))

    def delete(self, repo_id: str) -> None:
        """Remove a repository with its former ids and commits. Raises KeyError."""
        with self._lock:
            repo = self.get(repo_id)
            self._forget(repo.hub_id)
            for key in [key for key in self._versions if key[0] == repo.hub_id]:
                del self._versions[key]

    def hide(self, repo_id: str) -> Repo:
        """Make a repository private. Raises KeyError."""
        return self.grant(repo_id, "private")

    def publish(self, repo_id: str) -> Repo:
        """Make a repository public: a late row, which appears far behind the newest. Raises KeyError."""
        return self.grant(repo_id, "public")

    def grant(self, repo_id: str, access: Access) -> Repo:
        """Set the access of a repository. Raises KeyError."""
        with self._lock:
            return self._put(replace(self.get(repo_id), access=access))

    def _put(self, repo: Repo) -> Repo:
        self._forget(repo.hub_id)
        self._live[repo.hub_id] = index_repo(repo)
        self._hub_ids[repo.id] = repo.hub_id
        self._names[repo.id.lower()] = repo.id
        self._former.update(dict.fromkeys(repo.former_ids, repo.hub_id))
        self._versions[repo.hub_id, repo.sha] = repo
        return repo

    def _forget(self, hub_id: str) -> None:
        held = self._live.pop(hub_id, None)
        if held is not None:
            del self._hub_ids[held.repo.id]
            del self._names[held.repo.id.lower()]
        row = self._records.row_at(hub_id) if self._records is not None else None
        if row is not None:
            self._gone.add(row)

    def _find_record(self, repo_id: str) -> Repo | MovedTo | None:
        row = self._records.row_of(repo_id) if self._records is not None else None
        if self._records is None or row is None or row in self._gone:
            return None
        record = json.loads(self._records.line(row))
        return Repo(record=record) if record["id"] == repo_id else MovedTo(id=str(record["id"]))

    def _live_rows(self, criteria: Criteria, mark: PageMark | None) -> list[ListingRow]:
        rows = (
            ListingRow(criteria.order.value(held.repo.record), hub_id, held.repo)
            for hub_id, held in self._live.items()
            if held.meets(criteria)
        )
        return [row for row in rows if mark is None or is_after(row, mark, criteria.order)]

    def _record_rows(self, criteria: Criteria, mark: PageMark | None, wanted: int) -> list[ListingRow]:
        records = self._records
        if records is None:
            return []
        at = (int(row) for row in records.select_after(criteria, mark))
        kept = islice((row for row in at if row not in self._gone), wanted)
        return [ListingRow(records.value(row, criteria.order), records.hub_id(row), records.line(row)) for row in kept]
