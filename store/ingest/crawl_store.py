"""The crawler's `CrawlStore` in DuckDB: pages with their checkpoints, walks, single models and files."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, cast

from lineage.crawl_records import (
    GGUF_FACTS,
    TREE,
    Baseline,
    CrawlRow,
    PageFacts,
    PageStored,
    Spent,
    UndeclaredModel,
    UnreadablePage,
    WalkRow,
)
from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.vocabulary import RELATIONS
from store.ingest.ingest import Ingest
from store.ingest.json_repair import mend_page
from store.lent_columns import as_columns
from store.refresh import derive, is_fresh, see_again
from store.weights.kin import keep_kin, list_wanted_kin
from store.weights.modules import keep_modules
from store.weights.pairs import compare_new
from store.weights.readings import keep_readings, list_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from lineage.crawl_records import (
        FetchedFile,
        FileHash,
        FoundModel,
        GoneModel,
        NamedModels,
        UnreadWeights,
        WalkStep,
        WantedKinship,
        WantedWeights,
    )
    from lineage.domains.lexicon import Lexicon
    from lineage.weights.kinship_findings import KinVerdict
    from lineage.weights.span_rows import SpanReading
    from lineage.weights.weight_rows import WeightRows
    from store.database import Database

NOTHING: Final = Spent()
GIVEN_UP: Final = "given up"


class DuckDBCrawlStore:
    """Stores the findings of crawls in one database. Use as a context manager."""

    def __init__(self, database: Database) -> None:
        """Store into an open database."""
        self._database = database
        self._ingest = Ingest(database)

    def __enter__(self) -> Self:
        """Return the store itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was needed only while running; the database stays open."""
        self._ingest.__exit__(kind, error, trace)

    def open_crawl(self, scope: str, endpoint: str, now: datetime, *, covers_at: datetime | None = None) -> CrawlRow:
        """Continue the unfinished crawl of this scope and endpoint, or start one that saw the Hub at `covers_at`."""
        rows = self._database.run("crawl_store/unfinished", scope=scope, endpoint=endpoint).rows
        if rows:
            crawl, started_at, walks = rows[0]
            return CrawlRow(
                crawl=cast("int", crawl), scope=scope, started_at=cast("datetime", started_at), is_new=walks == 0
            )
        with self._database.transaction():
            self._database.run("crawl_store/begin", scope=scope, endpoint=endpoint, now=now, covers_at=covers_at or now)
        crawl = cast("int", self._database.value("crawl_store/latest"))
        return CrawlRow(crawl=crawl, scope=scope, started_at=now, is_new=True)

    def close_crawl(self, crawl: int, state: str, now: datetime, spent: Spent = NOTHING) -> None:
        """Record how a crawl ended, `finished` or `stopped`, and what it spent since it last stored something."""
        with self._database.transaction():
            self._database.run(
                "crawl_store/spend", crawl=crawl, requests=spent.requests, size_bytes=spent.size_bytes, records=0
            )
            self._database.run("crawl_store/end", crawl=crawl, state=state, now=now)

    def note(self, crawl: int, text: str) -> None:
        """Store a note about a crawl, once."""
        with self._database.transaction():
            self._database.run("crawl_store/note", crawl=crawl, text=text[:500])

    def baseline(self, covers: Callable[[str], bool], endpoint: str, *, by: datetime) -> Baseline | None:
        """Return the last finished crawl of an endpoint, or load, whose scope `covers` accepts, not after `by`."""
        rows = self._database.run("crawl_store/baselines", endpoint=endpoint, by=by).rows
        found = next((row for row in rows if covers(str(row[1]))), None)
        if found is None:
            return None
        crawl, scope, top_id, seen_at = found
        return Baseline(
            crawl=cast("int", crawl),
            scope=str(scope),
            top_id=cast("str | None", top_id),
            seen_at=cast("datetime", seen_at),
        )

    def walked(self, crawl: int) -> frozenset[str]:
        """Return the names of the walks that a crawl has finished, and of those it started with as covered."""
        return frozenset(self._texts("crawl_store/walked", crawl=crawl))

    def has_given_up(self, crawl: int, walk: str) -> bool:
        """Return whether a walk of a crawl ended before it reached its goal."""
        return self._database.value("crawl_store/walk_state", crawl=crawl, walk=walk) == GIVEN_UP

    def add_walks(self, crawl: int, walks: Sequence[WalkRow], covered: Sequence[WalkRow] = ()) -> None:
        """Add walks to a crawl, except those it already has; the results of `covered` ones are stored already."""
        rows = [
            (walk.walk, state, walk.request, walk.until, number)
            for state, group in (("open", walks), ("covered", covered))
            for number, walk in enumerate(group)
        ]
        names = ("walk", "state", "request", "until", "number")
        with self._database.transaction(), self._database.columns("lent_walks", **as_columns(names, rows)):
            self._database.run("crawl_store/add_walks", crawl=crawl)

    def open_walks(self, crawl: int) -> tuple[WalkRow, ...]:
        """Return the unfinished walks, in the order in which they were added."""
        return tuple(
            WalkRow(
                walk=str(walk),
                request=str(request),
                until=cast("str | None", until),
                pages=cast("int", pages),
                records=cast("int", records),
                top_id=cast("str | None", top_id),
                last_id=cast("str | None", last_id),
            )
            for walk, request, until, pages, records, top_id, last_id in self._database.run(
                "crawl_store/open_walks", crawl=crawl
            ).rows
        )

    def take_page(
        self, body: bytes, facts: PageFacts, step: WalkStep, spent: Spent, *, only_relevant: bool = False
    ) -> PageStored:
        """Store a page and the progress of its walk in one transaction; raises UnreadablePage if it is not JSON."""

        def checkpoint(page: PageStored) -> None:
            self._step(facts.crawl, [(step, page)], spent)

        return self._ingest.take(body, facts, checkpoint, only_relevant=only_relevant)

    def take_pages(
        self, pages: Sequence[tuple[bytes, WalkStep]], facts: PageFacts, spent: Spent
    ) -> Sequence[PageStored]:
        """Store at most 20 pages and the progress of their walks in one transaction, or raise NotTogether."""

        def checkpoint(stored: Sequence[PageStored]) -> None:
            steps = [step for _, step in pages]
            self._step(facts.crawl, list(zip(steps, stored, strict=True)), spent)

        return self._ingest.take_together([body for body, _ in pages], facts, checkpoint)

    def _step(self, crawl: int, pages: Sequence[tuple[WalkStep, PageStored]], spent: Spent) -> None:
        """Move walks on by pages in their order, and add what was spent."""
        for walk, group in groupby(pages, key=lambda page: page[0].walk):
            steps = list(group)
            self._database.run(
                "crawl_store/step_walk",
                crawl=crawl,
                walk=walk,
                request=steps[-1][0].request,
                pages=len(steps),
                records=sum(page.records for _, page in steps),
                newest=max((page.newest for _, page in steps if page.newest is not None), default=None),
                oldest=next((page.oldest for _, page in reversed(steps) if page.oldest is not None), None),
            )
        self._spend(crawl, spent, sum(page.records for _, page in pages))

    def end_walk(self, crawl: int, walk: str, *, gives_up: bool = False) -> None:
        """Record that a walk has ended; `gives_up` means before it reached its goal."""
        with self._database.transaction():
            self._database.run("crawl_store/end_walk", crawl=crawl, walk=walk, state=GIVEN_UP if gives_up else "done")

    def take_models(
        self, found: Sequence[FoundModel], gone: Sequence[GoneModel], facts: PageFacts, spent: Spent
    ) -> None:
        """Store single models that were requested by id, their former names, and those that the Hub does not show."""

        def checkpoint(page: PageStored) -> None:
            former = [(one.former_id, text) for one in found if one.former_id for text in _mended(one.body)]
            with self._database.columns("lent_names", **as_columns(("alias", "body"), former)):
                self._database.run("crawl_store/note_aliases_changed")
                self._database.run("crawl_store/add_aliases", now=facts.seen_at)
            rows = [(model.id, model.status, model.evidence) for model in gone]
            with self._database.columns("lent_gone", **as_columns(("id", "status", "evidence"), rows)):
                self._database.run("crawl_store/note_gone", crawl=facts.crawl, now=facts.seen_at)
                self._database.run("crawl_store/note_gone_changed")
                for name in ("crawl_store/drop_gone", "crawl_store/mark_gone"):
                    self._database.run(name)
                self._database.run("crawl_store/add_gone", crawl=facts.crawl, now=facts.seen_at)
            self._spend(facts.crawl, spent, page.records)

        self._ingest.take(b"[" + b",".join(model.body for model in found) + b"]", facts, checkpoint)

    def take_files(
        self, files: Sequence[FetchedFile], hashes: Sequence[FileHash], facts: PageFacts, spent: Spent
    ) -> None:
        """Store small files of models, or that they are absent, and the hashes of their trees."""
        names = ("model", "path", "sha", "content", "absent")
        rows = [(file.model, file.path, file.sha, file.content, file.absent) for file in files]
        parts = ("model", "path", "sha", "size_bytes", "oid", "lfs_oid")
        entries = [(one.model, one.path, one.sha, one.size_bytes, one.oid, one.lfs_oid) for one in hashes]
        with (
            self._database.transaction(),
            self._database.columns("lent_files", **as_columns(names, rows)),
            self._database.columns("lent_hashes", **as_columns(parts, entries)),
        ):
            self._database.run("crawl_store/drop_files")
            self._database.run("crawl_store/drop_hashes", tree=TREE)
            self._database.run("crawl_store/add_hashes")
            self._database.run("crawl_store/add_files", now=facts.seen_at, crawl=facts.crawl)
            self._database.run("crawl_store/note_files_changed")
            self._spend(facts.crawl, spent, 0)

    def weights_wanted(self, models: NamedModels, *, most_bytes: int, granted: bool) -> tuple[WantedWeights, ...]:
        """Return those of some stored models, and of all above them, whose weights were not read at their commit."""
        return list_wanted(self._database, models, most_bytes=most_bytes, granted=granted)

    def take_weights(
        self, read: Sequence[WeightRows], unread: Sequence[UnreadWeights], facts: PageFacts, spent: Spent
    ) -> None:
        """Store what was read of the weights of models, or why nothing was."""
        with self._database.transaction():
            keep_readings(self._database, read, unread, crawl=facts.crawl, now=facts.seen_at)
            self._spend(facts.crawl, spent, 0)

    def compare_weights(self, crawl: int, now: datetime) -> int:
        """Compare what was read and not compared yet; returns how many pairs were."""
        return compare_new(self._database, crawl=crawl, now=now)

    def kin_wanted(self, models: NamedModels) -> tuple[WantedKinship, ...]:
        """Return what is worth a close reading of some models and all above them, and had none at their commits."""
        return list_wanted_kin(self._database, models)

    def take_kin(
        self, found: Sequence[KinVerdict], read: Sequence[SpanReading], facts: PageFacts, spent: Spent
    ) -> None:
        """Store what close readings found, and what predictions take from them."""
        with self._database.transaction():
            keep_kin(self._database, found, now=facts.seen_at)
            keep_modules(self._database, read, facts.seen_at)
            self._spend(facts.crawl, spent, 0)

    def set_relevance(self, lexicon: Lexicon, *, since: datetime, siblings: bool) -> None:
        """Set which unknown records `take_page(only_relevant=True)` keeps.

        Those changed since then that show a sign of a domain, or descend from a domain model; with `siblings`, from
        any.
        """
        prefilter = lexicon.prefilter()
        self._database.run("ingest/set_relevant_ids", id_pattern=prefilter.id_pattern)
        self._database.run("ingest/set_relevant_tags", tag_pattern=prefilter.dataset_pattern)
        self._database.run("ingest/set_relevant_prefix", relation_pattern="|".join(RELATIONS))
        self._database.run("ingest/set_relevant_since", since=since)
        self._database.run(
            "ingest/create_page_lexicon",
            tags=list(prefilter.tags),
            tag_prefixes=list(prefilter.tag_prefixes),
            siblings=siblings,
        )

    def derive(self, lexicon: Lexicon, now: datetime) -> None:
        """Recompute everything derived from the records, unless it is up to date but for the times of seeing."""
        if is_fresh(self._database, lexicon):
            see_again(self._database)
            return
        self._database.run("database/use_all_threads")
        derive(self._database, lexicon, now, in_part=True)
        self._database.run("database/use_one_thread")

    def missing_ancestors(self, domains: Sequence[str], since_crawl: int) -> tuple[str, ...]:
        """Return the ids of ancestors of domain models that are neither stored nor gone since that crawl."""
        return self._texts("crawl_store/missing_ancestors", domains=list(domains), crawl=since_crawl)

    def missing_above(self, models: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of ancestors of models that are neither stored nor known to be gone."""
        return self._texts("crawl_store/missing_above", models=[name.lower() for name in models])

    def parents(self, domains: Sequence[str], *, siblings: bool) -> tuple[str, ...]:
        """Return the names, including former ones, of domain models that may have children."""
        return self._texts("crawl_store/parents", domains=list(domains), siblings=siblings, listed=LISTED_CONFIDENCE)

    def undeclared(self, domains: Sequence[str], *, trees: bool) -> tuple[UndeclaredModel, ...]:
        """Return ancestors of domain models and domain models that declare no parent, with the paths asked for so far.

        Ancestors come first, by the number of their derivatives. Domain models of which a file was asked for at their
        revision come only with `trees`, and so do models that show a domain weakly.
        """
        least = 0.0 if trees else LISTED_CONFIDENCE
        rows = self._database.run("crawl_store/undeclared", domains=list(domains), least=least, trees=trees).rows
        return tuple(
            UndeclaredModel(
                model=str(model),
                sha=cast("str | None", sha),
                tags=frozenset(cast("list[str]", tags)),
                library=cast("str | None", library),
                detail=cast("int", detail),
                has_config=bool(has_config),
                has_adapter_config=bool(has_adapter_config),
                is_ancestor=bool(is_ancestor),
                derivatives=cast("int", derivatives),
                read=frozenset(cast("list[str]", read)),
            )
            for (
                model, sha, tags, library, detail, has_config, has_adapter_config, is_ancestor, derivatives, read
            ) in rows
        )  # fmt: skip

    def files_asked(self, crawl: int) -> tuple[int, int]:
        """Return how many files a crawl has asked for, and how many times the API, beside trees."""
        ((files, facts),) = self._database.run("crawl_store/files_asked", crawl=crawl, facts=GGUF_FACTS, tree=TREE).rows
        return cast("int", files), cast("int", facts)

    def unstored_names(self, since_crawl: int, most: int) -> tuple[str, ...]:
        """Return ids that files name and no stored model has, nor gone since that crawl: the most often named first."""
        return self._texts("crawl_store/unstored_names", crawl=since_crawl, most=most)

    def unseen(self, domains: Sequence[str], crawl: int) -> tuple[str, ...]:
        """Return the ids of present models (of domains and their ancestors, or all) that this crawl did not see."""
        return self._texts("crawl_store/unseen", domains=list(domains), crawl=crawl)

    def _texts(self, name: str, **parameters: object) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in self._database.run(name, **parameters).rows)

    def _spend(self, crawl: int, spent: Spent, records: int) -> None:
        self._database.run(
            "crawl_store/spend", crawl=crawl, requests=spent.requests, size_bytes=spent.size_bytes, records=records
        )
        self._database.run("ingest/mark_changed")


def _mended(record: bytes) -> tuple[str, ...]:
    """Return one record as JSON text that DuckDB accepts, or nothing if it cannot be read."""
    try:
        return tuple(text.decode() for text in mend_page(b"[" + record + b"]").records)
    except UnreadablePage:
        return ()
