"""Turn a page of the Hub's records into rows: models, history, aliases and problems, in one transaction.

DuckDB parses the page; Python decodes it only if DuckDB refuses (`store.ingest.json_repair`). One malformed record
never loses another: as much of it as can be read is stored, and `problems` names the field, the value and the reason.

What is stored already as the page has it is only marked as seen again. What changed is listed in `hub.changed`, in the
transaction that stores it, until a derivation has taken it into account and empties the list in its own (see
`store.refresh`). It has a row for every name that may lead to other derived rows, more than one if it changed twice:

- `new` and `record`: the record of that name is new, or another than at the last derivation;
- `renamed`: the repository `hub_id` no longer has that name, but the name of its other row; `alias`: the name leads to
  that repository from now on;
- `gone`: the Hub shows it no longer, or in another state; `hub_id` is null if it never had a record here;
- `file`: files of it were fetched.

A name that another repository takes over is `new` with the later `hub_id`. While nothing is derived, or all must be
derived anew, the list stays empty.
"""

from __future__ import annotations

import re
import tempfile
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lineage.crawl_records import PageFacts, PageStored
from store.errors import StoreError
from store.ingest.json_repair import Mend, mend_page, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from store.database import Database

SEEING_AGAIN = ("ingest/see_again", "ingest/mark_seen_again", "ingest/drop_same")
REPLACING = (
    "ingest/note_renamed",
    "ingest/keep_history",
    "ingest/keep_renames",
    "ingest/note_returned",
    "ingest/drop_problems",
    "ingest/drop_known",
)
UNUSUAL = re.compile(rb"[:\[,]\s*-?(?:NaN|Infinity)")  # as values they are not JSON, although DuckDB accepts them
NO_RECORDS = PageStored(
    elements=0,
    records=0,
    repositories=0,
    faults=0,
    known=0,
    newer=0,
    richer=0,
    oldest=None,
    newest=None,
    oldest_modified_at=None,
    newest_modified_at=None,
)
STAGING = ("ingest/create_page_facts", "ingest/create_page_records", "ingest/is_mixed", "ingest/texts_in")


class Ingest:
    """Writes pages into a database. Use as a context manager: it keeps a spool file beside its staging tables."""

    def __init__(self, database: Database) -> None:
        """Make the staging tables."""
        self._database = database
        self._facts: PageFacts | None = None
        self._least = cast("str | None", database.value("ingest/least_known"))
        self._folder = tempfile.TemporaryDirectory(prefix="lineage-")
        self._spool = Path(self._folder.name) / "page.json"
        database.run("database/use_one_thread")
        for name in STAGING:
            database.run(name)
        database.run("ingest/set_page_path", path=str(self._spool))

    def __enter__(self) -> Self:
        """Return the ingest itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the spool file; the error that ended the block is reported, not one that follows from it."""
        self._folder.cleanup()
        with nullcontext() if error is None else suppress(StoreError):
            self._database.run("database/use_all_threads")

    def take(
        self,
        body: bytes,
        facts: PageFacts,
        checkpoint: Callable[[PageStored], None],
        *,
        only_relevant: bool = False,
    ) -> PageStored:
        """Store one page, a JSON array, and what `checkpoint` writes, in one transaction.

        With `only_relevant`, records unrelated to what is stored are left out (`ingest/keep_relevant`). Raises
        `UnreadablePage` if no record of the body can be read.
        """
        if body.strip() == b"[]":  # four of five answers to the queries of a domain
            with self._database.transaction():
                checkpoint(NO_RECORDS)
            return NO_RECORDS
        self._set_facts(facts)
        mends = self._stage(body)
        stored = self._measure()
        if only_relevant:
            self._database.run("ingest/keep_relevant")
        with self._database.transaction():
            self._replace(stored, mends, is_live=facts.is_live)
            checkpoint(stored)
        if stored.oldest is not None:
            self._least = min(self._least or stored.oldest, stored.oldest)
        return stored

    def _set_facts(self, facts: PageFacts) -> None:
        facts = replace(facts, seen_at=facts.seen_at.replace(microsecond=0))
        if facts == self._facts:
            return
        self._database.replay("ingest/clear_page_facts")
        self._database.run("ingest/set_page_facts", crawl=facts.crawl, seen_at=facts.seen_at, detail=facts.detail)
        self._facts = facts

    def _stage(self, body: bytes) -> tuple[Mend, ...]:
        if body.lstrip()[:1] == b"[" and UNUSUAL.search(body) is None and self._reads(body):
            return ()
        mended = mend_page(body)
        if self._reads(b"[" + b",".join(mended.records) + b"]"):
            return mended.mends
        readable = [self._reads(b"[" + record + b"]") for record in mended.records]
        self._reads(
            b"[" + b",".join(record for record, reads in zip(mended.records, readable, strict=True) if reads) + b"]"
        )
        unread = (refused(record) for record, reads in zip(mended.records, readable, strict=True) if not reads)
        return (*mended.mends, *(replace(mend, hub_id=None) for mend in unread))  # they were not stored

    def _reads(self, body: bytes) -> bool:
        self._database.replay("ingest/clear_page_records")
        self._spool.write_bytes(body)
        try:
            self._database.replay("ingest/read_page")
        except StoreError:
            return False
        return True

    def _measure(self) -> PageStored:
        row = self._database.replay("ingest/measure_page")[0]
        elements, records, repositories, faults = (cast("int", value) for value in row[:4])
        oldest, newest, oldest_modified_at, newest_modified_at = row[4:]
        known, newer, richer = self._count_known(cast("str | None", newest), elements)
        return PageStored(
            elements=elements,
            records=records,
            repositories=repositories,
            faults=faults,
            known=known,
            newer=newer,
            richer=richer,
            oldest=cast("str | None", oldest),
            newest=cast("str | None", newest),
            oldest_modified_at=cast("datetime | None", oldest_modified_at),
            newest_modified_at=cast("datetime | None", newest_modified_at),
        )

    def _count_known(self, newest: str | None, elements: int) -> tuple[int, ...]:
        """Count the page's known models; a page with all ids below the stored ones, as in a first walk, has none."""
        if not elements or (newest is not None and self._least is not None and newest < self._least):
            return 0, 0, 0
        return tuple(cast("int", value) for value in self._database.replay("ingest/count_known")[0])

    def _leave_out(self, page: PageStored, *, is_live: bool) -> None:
        if page.elements > page.records:
            self._database.run("ingest/unnamed_problems")
            self._database.run("ingest/drop_unnamed")
        if page.repositories < page.records:
            self._database.run("ingest/double_problems")
            self._database.run("ingest/drop_doubles")
        if page.newer and not is_live:
            self._database.run("ingest/age_known")
            self._database.run("ingest/drop_older")

    def _replace(self, page: PageStored, mends: tuple[Mend, ...], *, is_live: bool) -> None:
        self._leave_out(page, is_live=is_live)
        if page.richer:
            self._database.run("ingest/overlay_richer")
        if page.known:
            self._database.replay("ingest/note_known")
            if not mends:
                for name in SEEING_AGAIN:
                    self._database.replay(name)
            for name in REPLACING:
                self._database.replay(name)
        self._database.replay("ingest/note_changed")
        self._database.replay("ingest/insert_models")
        if page.faults:
            self._database.run("ingest/field_problems")
        for mend in mends:
            self._database.run(
                "ingest/insert_mend",
                hub_id=mend.hub_id,
                model=mend.model,
                field=mend.field,
                problem=mend.problem,
                value=mend.value,
            )
