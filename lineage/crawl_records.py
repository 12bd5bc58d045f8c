"""Records exchanged between the crawl and the store: pages, walks over them, and models still to be requested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lineage.errors import LineageError

if TYPE_CHECKING:
    from datetime import datetime

GoneStatus = Literal["missing", "deleted", "private"]

TREE: Final = ""
"""Where the list of all files of a model is kept beside its files."""
GGUF_FACTS: Final = "?expand=gguf"
"""Where the Hub's `gguf` key of a model is kept beside the model's files; no file has such a name."""


class UnreadablePage(LineageError):
    """The page is not JSON, and no record could be read from it."""

    hint = (
        "the answer was cut off, or did not come from the Hub; run the same command again to continue where it stopped"
    )


class NotTogether(LineageError):
    """The pages must be stored one by one: a later one may change what an earlier one says, or one needs repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """Facts about a page as a whole: its crawl, when it was seen, and how many of the Hub's keys were requested.

    `is_live` says that the Hub answered with it just now, so nothing stored is later, whatever the clocks say.
    """

    crawl: int
    seen_at: datetime
    detail: int
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStored:
    """The content of a stored page.

    `elements` counts the members of the array, `records` those with an id, `repositories` the distinct ones among
    these, `faults` the fields of a wrong type, `known` the records that the database already had, `newer` those that it
    has seen in a later state, `richer` those of which it knew more keys. `oldest` and `newest` are the bounds of the
    records' `_id`, `oldest_modified_at` and `newest_modified_at` those of `lastModified`, where the oldest of two or
    more does not count: one wrong time shall not end a walk. None if no record has one.
    """

    elements: int
    records: int
    repositories: int
    faults: int
    known: int
    newer: int
    richer: int
    oldest: str | None
    newest: str | None
    oldest_modified_at: datetime | None
    newest_modified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the crawl has used since its last report: requests sent and bytes received, as compressed."""

    requests: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkRow:
    """A stored walk: `request` is the next page to request, `until` where to stop, as the crawl wrote them.

    `until` is None for a walk to its end. `top_id` is the greatest `_id` seen so far and `last_id` the smallest of its
    last page, or None before the first page.
    """

    walk: str
    request: str
    until: str | None = None
    pages: int = 0
    records: int = 0
    top_id: str | None = None
    last_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkStep:
    """One page of progress on a walk: the next page to request, or None at the end of the walk."""

    walk: str
    request: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRow:
    """A stored crawl. `scope` is what it was asked for; `is_new` says that it does not continue another crawl."""

    crawl: int
    scope: str
    started_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The extent of a finished crawl or a bulk listing.

    `top_id` bounds what is known by creation, `seen_at` what is known by change; None if nothing was covered.
    """

    crawl: int
    scope: str
    top_id: str | None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """A model requested by id: its record as one JSON object, and the former name if the request used one."""

    body: bytes = field(repr=False)
    former_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneModel:
    """A model that the Hub does not show: its new status, and the Hub's words for it."""

    id: str
    status: GoneStatus
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedFile:
    """A small file of a model; if there is none, `content` is None and `absent` says why."""

    model: str
    path: str
    sha: str | None
    content: str | None
    absent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHash:
    """A file in a model's tree: git's `oid`, and the sha256 of a large file's bytes (None for an ordinary file)."""

    model: str
    path: str
    sha: str | None
    size_bytes: int
    oid: str
    lfs_oid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModels:
    """Models whose present records are wanted: those that are `stored`, and `others`, known by their name only."""

    stored: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, stored ones first."""
        return (*self.stored, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeclaredModel:
    """A model that declares no parent, with what tells which of its files are worth a request.

    `sha` is its revision, None if unknown. `detail` is how many of the Hub's keys its record was requested with,
    `read` the paths that were asked for at this revision. `derivatives` counts the models below it; `is_ancestor` says
    that a domain model is among them.
    """

    model: str
    sha: str | None
    tags: frozenset[str] = frozenset()
    library: str | None = None
    detail: int = 0
    has_config: bool = False
    has_adapter_config: bool = False
    is_ancestor: bool = False
    derivatives: int = 0
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What to request of a model at its revision (None if unknown), in the order of `paths`.

    Reading stops at the first file that names a parent, unless `reads_all`. With `has_tree`, the tree is requested
    first, and of the paths only those that are in it.
    """

    model: str
    sha: str | None
    paths: tuple[str, ...] = ()
    reads_all: bool = False
    has_tree: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedWeights:
    """A model whose weights are to be read, at the commit of its record; None if that is not known.

    `is_gguf`: it has GGUF files alone, and `is_adapter`: it is an adapter, as its record tells.
    """

    model: str
    sha: str | None
    is_gguf: bool = False
    is_adapter: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightOptions:
    """How a crawl reads weights: at most so many bytes of each model for its first rows.

    `is_close` asks for close readings of relatives too, `granted` for what we had no access to before.
    """

    most_bytes: int
    is_close: bool = False
    granted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadWeights:
    """A model whose weights could not be read at a commit, None if that is not known, and why.

    `is_refused`: the Hub did not give us access. `needed_bytes` is how many its header takes at least, where more was
    needed than was allowed.
    """

    model: str
    sha: str | None
    reason: str
    is_refused: bool = False
    needed_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFile:
    """The file of a model of which the first rows were read at a commit, None if that is not known."""

    model: str
    sha: str | None
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKinship:
    """A model that is to be read closely, and the relatives of one origin that it is compared with.

    With `parents`, two or more, it is weighed as a mixture of them: of what they changed in `base`, if that is known.
    """

    model: WeightFile
    relatives: tuple[WeightFile, ...] = ()
    parents: tuple[WeightFile, ...] = ()
    base: WeightFile | None = None

    @property
    def files(self) -> tuple[WeightFile, ...]:
        """What has to be read, each once."""
        others = (*self.relatives, *self.parents, *((self.base,) if self.base else ()))
        return tuple(dict.fromkeys((self.model, *others)))
