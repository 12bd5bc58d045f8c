"""Turn pages of the Hub's records into rows: models, history, aliases and problems, in one transaction.

DuckDB parses a page; Python decodes it only if DuckDB refuses (`store.ingest.json_repair`). One malformed record
never loses another: as much of it as can be read is stored, and `problems` names the field, the value and the reason.

What is stored already as the page has it is only marked as seen again. What changed is listed in `hub.changed`, in the
transaction that stores it, until a derivation has taken it into account and empties the list in its own (see
`store.refresh`). It has a row for every name that may lead to other derived rows, more than one if it changed twice:

- `new` and `record`: the record of that name is new, or another than at the last derivation;
- `figures`: it is another only in downloads, likes, commit or time of change, which no rule reads of the model itself;
- `renamed`: the repository `hub_id` no longer has that name, but the name of its other row; `alias`: the name leads to
  that repository from now on;
- `gone`: the Hub shows it no longer, or in another state; `hub_id` is null if it never had a record here;
- `file`: files of it were fetched;
- `weights`: what its weights and another model's say was compared, or is no longer known, and may decide on a parent.

A name that another repository takes over is `new` with the later `hub_id`. While nothing is derived, or all must be
derived anew, the list stays empty.
"""

from __future__ import annotations

import tempfile
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lineage.crawl_records import NotTogether, PageFacts, PageStored
from store.errors import CannotWrite, DamagedFile, StoreError, TooLittleMemory
from store.ingest.json_repair import Mend, mend_page, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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
UNUSUAL = (b"NaN", b"Infinity")  # as values they are not JSON, although DuckDB accepts them
MOST_PAGES = 20
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
LARGE_BYTES = 1 << 20
TOO_LARGE = "refused by the database, or too large for the memory that it may use (LINEAGE_MEMORY)"
SHORT_BYTES = 64  # of white space, more than anyone writes
STAGING = (
    "ingest/create_page_facts",
    "ingest/create_page_records",
    "ingest/create_sound_shapes",
    "ingest/is_mixed",
    "ingest/texts_in",
    "ingest/without_figures",
)


class Ingest:
    """Writes pages into a database. Use as a context manager: it keeps spool files beside its staging tables."""

    def __init__(self, database: Database) -> None:
        """Make the staging tables."""
        self._database = database
        self._facts: PageFacts | None = None
        self._least = cast("str | None", database.value("ingest/least_known"))
        self._folder = tempfile.TemporaryDirectory(prefix="lineage-")
        self._spools = [Path(self._folder.name) / f"page-{number:02}.json" for number in range(MOST_PAGES)]
        self._filled = MOST_PAGES
        self._fill([])
        database.run("database/use_one_thread")
        for name in STAGING:
            database.run(name)
        self._variant = 0
        self._choose(1)

    def __enter__(self) -> Self:
        """Return the ingest itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the spool files; the error that ended the block is reported, not one that follows from it."""
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
        if _is_empty(body):  # four of five answers to the queries of a domain
            with self._database.transaction():
                checkpoint(NO_RECORDS)
            return NO_RECORDS
        self._set_facts(facts)
        mends = self._stage(body)
        try:
            (stored,) = self._measure(1)
            if only_relevant:
                self._database.run("ingest/keep_relevant")
            self._write(stored, mends, facts, lambda: checkpoint(stored))
        except TooLittleMemory:
            return self._take_in_parts(body, facts, checkpoint, only_relevant=only_relevant)
        return stored

    def _take_in_parts(
        self, body: bytes, facts: PageFacts, checkpoint: Callable[[PageStored], None], *, only_relevant: bool
    ) -> PageStored:
        """Store a page whose records are too large to be handled at once: by parts, in one transaction all the same.

        Raises `TooLittleMemory` if a record alone is too large.
        """
        mended = mend_page(body)
        unread: list[bytes] = []
        self._stage_parts(mended.records, unread)
        left_out = frozenset(unread)
        records = [record for record in mended.records if record not in left_out]
        mends = (*mended.mends, *_left_out(unread))
        size = len(records)
        while size > 1:
            size = (size + 1) // 2
            with suppress(TooLittleMemory), self._database.transaction():
                pages = [
                    self._take_part(records[at : at + size], mends, facts, only_relevant=only_relevant)
                    for at in range(0, len(records), size)
                ]
                whole = _total(pages)
                checkpoint(whole)
                return whole
        raise TooLittleMemory(self._database.path, "a record is too large to be stored")

    def _take_part(
        self, records: Sequence[bytes], mends: tuple[Mend, ...], facts: PageFacts, *, only_relevant: bool
    ) -> PageStored:
        self._database.replay("ingest/clear_page_records")
        self._read(_as_page(records))
        (stored,) = self._measure(1)
        if only_relevant:
            self._database.run("ingest/keep_relevant")
        self._replace(stored, mends, is_live=facts.is_live)
        return stored

    def take_together(
        self, bodies: Sequence[bytes], facts: PageFacts, checkpoint: Callable[[Sequence[PageStored]], None]
    ) -> Sequence[PageStored]:
        """Store at most 20 pages and what `checkpoint` writes in one transaction, as `take` does one after the other.

        Raises NotTogether, with nothing stored, where that must see each alone: a page that needs repair, a record
        without a name, or one that the pages show in more than one state.
        """
        if all(_is_empty(body) for body in bodies):
            nothing = (NO_RECORDS,) * len(bodies)
            with self._database.transaction():
                checkpoint(nothing)
            return nothing
        self._set_facts(facts)
        if not all(_is_usual(body) for body in bodies) or not self._reads(*bodies):
            raise NotTogether
        pages = self._measure(len(bodies))
        whole = _total(pages)
        if whole.elements > whole.records or whole.repositories < whole.records:
            raise NotTogether
        repositories, records = (cast("int", count) for count in self._database.replay("ingest/count_repositories")[0])
        if repositories < records:
            raise NotTogether
        if repositories < whole.records:
            self._database.run("ingest/mark_repeated")
            pages = self._measure(len(bodies))
            whole = replace(_total(pages), repositories=repositories)
        try:
            self._write(whole, (), facts, lambda: checkpoint(pages))
        except TooLittleMemory:
            raise NotTogether from None
        return pages

    def _set_facts(self, facts: PageFacts) -> None:
        facts = replace(facts, seen_at=facts.seen_at.replace(microsecond=0))
        if facts == self._facts:
            return
        self._database.replay("ingest/clear_page_facts")
        self._database.run("ingest/set_page_facts", crawl=facts.crawl, seen_at=facts.seen_at, detail=facts.detail)
        self._facts = facts

    def _stage(self, body: bytes) -> tuple[Mend, ...]:
        if _is_usual(body) and self._reads(body):
            return ()
        mended = mend_page(body)
        unread: list[bytes] = []
        self._stage_parts(mended.records, unread)
        return (*mended.mends, *_left_out(unread))

    def _stage_parts(self, records: Sequence[bytes], unread: list[bytes]) -> None:
        """Stage records, all but those that DuckDB cannot read even alone, which are added to `unread`."""
        self._database.replay("ingest/clear_page_records")
        pending = [records]
        while pending:
            part = pending.pop()
            if part and not self._adds(_as_page(part)):
                if len(part) == 1:
                    unread.extend(part)
                else:
                    pending += [part[len(part) // 2 :], part[: len(part) // 2]]

    def _reads(self, *bodies: bytes) -> bool:
        """Stage pages and return whether DuckDB can read them."""
        self._database.replay("ingest/clear_page_records")
        return self._adds(*bodies)

    def _adds(self, *bodies: bytes) -> bool:
        """Stage pages beside what is staged, and return whether DuckDB can read them, with the memory that it has.

        Raises `CannotWrite` or `DamagedFile`: then nothing is wrong with the pages.
        """
        try:
            self._read(*bodies)
        except (CannotWrite, DamagedFile):
            raise
        except StoreError:
            return False
        return True

    def _read(self, *bodies: bytes) -> None:
        """Stage pages beside what is staged; one alone is read from the first spool file alone."""
        self._fill(bodies)
        self._choose(1 if len(bodies) == 1 else MOST_PAGES)
        self._database.replay("ingest/read_pages", self._variant)
        self._database.replay("ingest/keep_shapes")

    def _choose(self, spools: int) -> None:
        if spools != self._variant:
            self._database.run("ingest/set_page_paths", paths=[str(spool) for spool in self._spools[:spools]])
            self._variant = spools

    def _fill(self, bodies: Sequence[bytes]) -> None:
        for number, spool in enumerate(self._spools[: max(self._filled, len(bodies))]):
            spool.write_bytes(bodies[number] if number < len(bodies) else b"[]")
        self._filled = len(bodies)

    def _measure(self, pages: int) -> list[PageStored]:
        """Return what the staged pages hold, and find which of it is known.

        A page with all ids below the stored ones, as in a first walk, has nothing known.
        """
        newest = cast("str | None", self._database.replay("ingest/newest_staged")[0][0])
        if newest is None or self._least is None or newest >= self._least:
            self._database.replay("ingest/find_known")
        rows = self._database.replay("ingest/measure_pages")
        found = {cast("int", row[0]): _measured(row[1:]) for row in rows}
        return [found.get(number, NO_RECORDS) for number in range(pages)]

    def _write(
        self, page: PageStored, mends: tuple[Mend, ...], facts: PageFacts, checkpoint: Callable[[], None]
    ) -> None:
        with self._database.transaction():
            self._replace(page, mends, is_live=facts.is_live)
            checkpoint()
        if page.oldest is not None:
            self._least = min(self._least or page.oldest, page.oldest)

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
            self._database.replay("ingest/find_same")
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


def _measured(row: tuple[object, ...]) -> PageStored:
    """Return the counts and bounds of one page in the order in which `ingest/measure_pages` gives them."""
    elements, records, repositories, faults, known, newer, richer = (cast("int", value) for value in row[:7])
    oldest, newest, oldest_modified_at, newest_modified_at = row[7:]
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


def _total(pages: Sequence[PageStored]) -> PageStored:
    """Return the counts of pages together, and their least `_id`."""
    return replace(
        NO_RECORDS,
        elements=sum(page.elements for page in pages),
        records=sum(page.records for page in pages),
        repositories=sum(page.repositories for page in pages),
        faults=sum(page.faults for page in pages),
        known=sum(page.known for page in pages),
        newer=sum(page.newer for page in pages),
        richer=sum(page.richer for page in pages),
        oldest=min((page.oldest for page in pages if page.oldest is not None), default=None),
    )


def _as_page(records: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(records) + b"]"


def _left_out(records: Sequence[bytes]) -> tuple[Mend, ...]:
    """Return the reports of records that DuckDB refused: without `hub_id`, as they were not stored."""
    return tuple(
        replace(refused(record), hub_id=None, **({"problem": TOO_LARGE} if len(record) > LARGE_BYTES else {}))
        for record in records
    )


def _is_empty(body: bytes) -> bool:
    return len(body) < SHORT_BYTES and body.strip() == b"[]"


def _is_usual(body: bytes) -> bool:
    """Return whether a page is an array without the words, as values, that DuckDB takes for numbers."""
    return body[:SHORT_BYTES].lstrip()[:1] == b"[" and not any(_has_value(body, word) for word in UNUSUAL)


def _has_value(body: bytes, word: bytes) -> bool:
    """Return whether a word may stand as a value, and not within a text."""
    at = body.find(word)
    while at >= 0:
        if body[max(0, at - SHORT_BYTES) : at].rstrip(b"- \t\r\n")[-1:] in {b":", b"[", b",", b""}:
            return True
        at = body.find(word, at + 1)
    return False
