"""Where a crawl stores what it finds, as the interface that `store.ingest.crawl_store.DuckDBCrawlStore` implements.

Every method that writes is one transaction: after a kill, either all of it is stored or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from lineage.crawl_records import (
        Baseline,
        CrawlRow,
        FetchedFile,
        FileHash,
        FoundModel,
        GoneModel,
        NamedModels,
        PageFacts,
        PageStored,
        Spent,
        UndeclaredModel,
        UnreadWeights,
        WalkRow,
        WalkStep,
        WantedKinship,
        WantedWeights,
    )
    from lineage.domains.lexicon import Lexicon
    from lineage.weights.kinship_findings import KinVerdict
    from lineage.weights.span_rows import SpanReading
    from lineage.weights.weight_rows import WeightRows


class CrawlStore(Protocol):
    """Stores records, walks and follow-ups."""

    def open_crawl(self, scope: str, endpoint: str, now: datetime, *, covers_at: datetime) -> CrawlRow:
        """Continue the unfinished crawl of this scope and endpoint, or begin one that saw the Hub at `covers_at`."""

    def close_crawl(self, crawl: int, state: str, now: datetime, spent: Spent) -> None:
        """Record how a crawl ended, `finished` or `stopped`, and what it spent since it last stored something."""

    def baseline(self, covers: Callable[[str], bool], endpoint: str, *, by: datetime) -> Baseline | None:
        """Return the last finished crawl of an endpoint or load whose scope covers, and no time after `by`."""

    def has_given_up(self, crawl: int, walk: str) -> bool:
        """Return whether a walk of a crawl ended before it reached its goal."""

    def walked(self, crawl: int) -> frozenset[str]:
        """Return the names of the walks that a crawl has finished, and of those it began with as covered."""

    def add_walks(self, crawl: int, walks: Sequence[WalkRow], covered: Sequence[WalkRow] = ()) -> None:
        """Add walks to a crawl, except those it already has; `covered` ones have their findings already."""

    def open_walks(self, crawl: int) -> tuple[WalkRow, ...]:
        """Return the walks that are not at their end, in the order in which they were added."""

    def take_page(
        self, body: bytes, facts: PageFacts, step: WalkStep, spent: Spent, *, only_relevant: bool = False
    ) -> PageStored:
        """Store a page and how far its walk is, raising UnreadablePage when it is no JSON."""

    def take_pages(
        self, pages: Sequence[tuple[bytes, WalkStep]], facts: PageFacts, spent: Spent
    ) -> Sequence[PageStored]:
        """Store at most 20 pages and how far their walks are; raises NotTogether with nothing stored."""

    def end_walk(self, crawl: int, walk: str, *, gives_up: bool) -> None:
        """Record that a walk is at its end, or `gives_up` before it reached its goal."""

    def take_models(
        self, found: Sequence[FoundModel], gone: Sequence[GoneModel], facts: PageFacts, spent: Spent
    ) -> None:
        """Store single models that were requested by id, their former names, and those that the Hub does not show."""

    def take_files(
        self, files: Sequence[FetchedFile], hashes: Sequence[FileHash], facts: PageFacts, spent: Spent
    ) -> None:
        """Store small files of models, or that they are absent, and the hashes of their trees."""

    def weights_wanted(self, models: NamedModels, *, most_bytes: int, granted: bool) -> tuple[WantedWeights, ...]:
        """Return those of some stored models, and of all above them, whose weights were not read at their commit.

        What was not read because its header takes more bytes than were allowed is wanted where `most_bytes` suffices,
        and with `granted` what we had no access to.
        """

    def take_weights(
        self, read: Sequence[WeightRows], unread: Sequence[UnreadWeights], facts: PageFacts, spent: Spent
    ) -> None:
        """Store what was read of the weights of models, or why nothing was."""

    def compare_weights(self, crawl: int, now: datetime) -> int:
        """Compare what was read and not compared yet; returns how many pairs were."""

    def kin_wanted(self, models: NamedModels) -> tuple[WantedKinship, ...]:
        """Return what is worth a close reading of some models and all above them, and had none at their commits."""

    def take_kin(
        self, found: Sequence[KinVerdict], read: Sequence[SpanReading], facts: PageFacts, spent: Spent
    ) -> None:
        """Store what close readings found, and what predictions take from them."""

    def set_relevance(self, lexicon: Lexicon, *, since: datetime, siblings: bool) -> None:
        """Set which unknown records `take_page(only_relevant=True)` keeps.

        Those changed since then that show a sign of a domain or descend from a domain model; with `siblings`, from any.
        """

    def derive(self, lexicon: Lexicon, now: datetime) -> None:
        """Compute everything that follows from the records anew."""

    def missing_ancestors(self, domains: Sequence[str], since_crawl: int) -> tuple[str, ...]:
        """Return the ids of ancestors of domain models that are not stored, nor found gone by that crawl or later."""

    def missing_above(self, models: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of ancestors of models that are neither stored nor known to be gone."""

    def parents(self, domains: Sequence[str], *, siblings: bool) -> tuple[str, ...]:
        """Return the names, former ones too, of domain models that may have children.

        With `siblings` those of their ancestors too. Models that the Hub says have no children are left out.
        """

    def undeclared(self, domains: Sequence[str], *, trees: bool) -> tuple[UndeclaredModel, ...]:
        """Return ancestors of domain models and domain models that declare no parent, with the paths asked for so far.

        Ancestors come first, by the number of their derivatives. Domain models of which a file was asked for at their
        revision come only with `trees`, and so do models that show a domain weakly.
        """

    def files_asked(self, crawl: int) -> tuple[int, int]:
        """Return how many files a crawl has asked for, and how many times the API, beside trees."""

    def unstored_names(self, since_crawl: int, most: int) -> tuple[str, ...]:
        """Return ids that files name and no stored model has, nor gone since that crawl: the most often named first."""

    def unseen(self, domains: Sequence[str], crawl: int) -> tuple[str, ...]:
        """Return the ids of present models (of domains and their ancestors, or all) that this crawl did not see."""

    def note(self, crawl: int, text: str) -> None:
        """Keep a remark about a crawl."""
