"""One request as the handlers see it: split path, parameters, and a caller with what it may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from sandbox.hub import responses
from sandbox.hub.repo_store import MovedTo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.hub.callers import Caller
    from sandbox.hub.dataset_store import DatasetStore
    from sandbox.hub.faults import Dice
    from sandbox.hub.repo import Repo, RepoKind
    from sandbox.hub.repo_store import RepoStore


_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRequest:
    """A request. `base_url` is the scheme and host that the client used; `headers` have lower-case names."""

    method: str
    base_url: str
    raw_path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    caller: Caller
    repo_store: RepoStore
    datasets: DatasetStore
    dice: Dice

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's parts, unquoted one by one, so that `refs%2Fpr%2F1` is one part."""
        return tuple(unquote(part) for part in self.raw_path.split("/")[1:])

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query's names and values in order, empty values kept."""
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """Return the last value of a parameter, or None if it is missing."""
        return dict(self.parameters).get(name)

    def is_on(self, name: str) -> bool:
        """Return whether a switch such as `full=true` is set, in either client's spelling."""
        return (self.parameter(name) or "").lower() in ("true", "1")

    def repository(self, target: RepoTarget) -> Repo:
        """Return the repository at the target. Raises RefusalError if it is missing, hidden, moved or disabled."""
        found = (self.repo_store if target.kind == "models" else self.datasets).find(target.repo_id)
        if isinstance(found, MovedTo):
            repo = self.repo_store.get(found.id)
            if repo.access == "private" and not self.caller.is_owner:
                raise responses.no_repository(self.caller)
            location = f"{target.head}{quote(found.id)}{target.tail}" + (f"?{self.query}" if self.query else "")
            raise responses.moved(location)
        if found is None or (found.access == "private" and not self.caller.is_owner):
            raise responses.no_repository(self.caller)
        if found.access == "disabled":
            raise responses.disabled()
        return found

    def version(self, repo: Repo, revision: str) -> Repo:
        """Return the repository at a revision. Raises RefusalError."""
        if repo.kind == "models":
            version = self.repo_store.version(repo, revision)
        else:
            version = self.datasets.version(repo.id, revision)
        if version is None:
            raise responses.no_revision(revision)
        return version


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoTarget:
    """A repository id within a raw path: what comes before and after it."""

    repo_id: str
    head: str
    tail: str = ""
    kind: RepoKind = "models"


def whole_number(text: str | None) -> int | None:
    """Return a count of up to 15 ASCII digits; None for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        return None
    return int(text)
