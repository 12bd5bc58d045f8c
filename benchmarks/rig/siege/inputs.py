"""Bad inputs: records through the ingest and over HTTP, files of scores, cards. Nothing is lost, nothing raises."""

from __future__ import annotations

import random
import shutil
import signal
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.raw_hub import serve_pages
from evaluation.imports.model_card import read_index
from lineage.crawl_records import PageFacts
from lineage.parents.card_files import read_card_datasets, read_card_parents, read_front_matter, read_mergekit_config
from lineage.study.training_facts import read_hyperparameters
from store.connect import open_database
from store.ingest.ingest import Ingest

if TYPE_CHECKING:
    from benchmarks.rig.siege.cases import Case
    from tests.fuzzing import bad_cards, bad_files, bad_records, import_law, record_law
else:  # as the tests find them
    bad_cards, bad_files, bad_records = map(import_module, ("bad_cards", "bad_files", "bad_records"))
    import_law, record_law = import_module("import_law"), import_module("record_law")

A_PAGE: Final = 25
PAGES: Final = 6
PAGES_OVER_HTTP: Final = 20
FILES: Final = 100
CARDS: Final = 50
FIRST_SOUND: Final = 1_000_000
NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
AFTERWARDS: Final = (
    ("resolve",),
    ("scores", "from-cards"),
    ("models", "--limit", "0", "--format", "csv"),
    ("coverage", "--limit", "0", "--format", "json"),
    ("families",),
    ("export", "--format", "graphml", "-o", "-"),
)


def besiege_records(case: Case) -> Outcome:
    """Let the ingest take pages with bad records between sound ones, and run every command on the result."""
    out, path = Outcome(), case.folder / "bad.duckdb"
    numbers, sound = range(A_PAGE * PAGES), set[int]()
    process = victims.call(ingest, case, str(path))
    ended = victims.end(process, case.folder / "log")
    out.check(holds=ended.code == 0, otherwise=f"the ingest ended with {ended.code}: {ended.said[-300:]}")
    for page in range(PAGES):
        out.counts.update(f"bad records: {bad.kind}" for bad in page_of(case, page))
        sound.update(range(first := FIRST_SOUND + page * (A_PAGE + 1), first + A_PAGE + 1))
    _check_found(out, path, set(numbers), sound)
    _look(out, case, path)
    return out


def page_of(case: Case, page: int) -> list[bad_records.BadRecord]:
    """Return the bad records of a page of the case."""
    chance = random.Random(f"{case.seed} {case.number} {page}")
    return [bad_records.bad_record(chance, page * A_PAGE + number) for number in range(A_PAGE)]


def ingest(case: Case, path: str) -> None:
    """Take the pages of a case into a database, as a process of its own."""
    database = open_database(Path(path))
    with Ingest(database) as taking:
        for page in range(PAGES):
            body = bad_records.page_of(page_of(case, page), FIRST_SOUND + page * (A_PAGE + 1))
            taking.take(body, PageFacts(crawl=1, seen_at=NOW, detail=20), lambda _: None)
    database.close()


def besiege_crawl(case: Case) -> Outcome:
    """Serve pages of bad records between sound ones byte for byte, and crawl them."""
    out, path, log = Outcome(), case.folder / "bad.duckdb", case.folder / "log"
    pages, sound = [], set[int]()
    for page in range(PAGES_OVER_HTTP):
        first = FIRST_SOUND + page * (A_PAGE + 1)
        pages.append(bad_records.page_of(page_of(case, page), first))
        sound.update(range(first, first + A_PAGE + 1))
        out.counts.update(f"bad records over HTTP: {bad.kind}" for bad in page_of(case, page))
    with serve_pages(pages, len(pages) * A_PAGE) as url:
        words = ("crawl", "--all", "--endpoint", url, "--db", str(path))
        ended = victims.run(victims.Command(words=words, log=log))
    out.check(holds=ended.code == 0, otherwise=f"the crawl: {ended.fault or ended.said[-300:]}")
    _check_found(out, path, set(range(A_PAGE * PAGES_OVER_HTTP)), sound)
    _look(out, case, path)
    return out


def besiege_files(case: Case) -> Outcome:
    """Import bad files of every form: each is imported wholly or not at all, and reported."""
    chance, out = case.chance, Outcome()
    database = open_database(case.folder / "bad.duckdb")
    for number in range(FILES):
        bad, folder = bad_files.bad_file(chance), case.folder / "files"
        shutil.rmtree(folder, ignore_errors=True)
        bad.write(folder)
        fates, broken = import_law.judge(database, bad, folder)
        out.counts[f"bad files: {bad.form}"] += 1
        out.counts.update(f"fates of files: {fate}" for fate in fates)
        out.check(holds=broken is None, otherwise=f"file {number}, {bad.form} ({bad.way}): {broken}")
    database.close()
    return out


def besiege_cards(case: Case) -> Outcome:
    """Read bad cards with everything that reads cards, each within seconds."""
    chance, out = case.chance, Outcome()
    signal.signal(signal.SIGALRM, _too_slow)
    for number in range(CARDS):
        kind, text = bad_cards.bad_card(chance)
        out.counts[f"bad cards: {kind}"] += 1
        signal.alarm(30)
        try:
            read_card_parents(text)
            read_card_datasets(text)
            read_mergekit_config(text.partition("---")[2])
            tuple(read_index("maple/a", read_front_matter(text).get("model-index"), "a card"))
            read_hyperparameters(text)
        except Exception as error:  # noqa: BLE001 -- that nothing is raised is the law
            out.broken.append(f"card {number}, {kind}: {type(error).__name__} {error}")
        finally:
            signal.alarm(0)
    return out


def _too_slow(*_: object) -> None:
    raise TimeoutError("longer than 30 seconds")


def _check_found(out: Outcome, path: Path, numbers: set[int], sound: set[int]) -> None:
    found = record_law.find(path)
    lost = sorted(numbers - found.stored - found.told)
    out.check(holds=not lost, otherwise=f"records lost without a word: {lost[:20]}")
    out.check(holds=sound <= found.sound, otherwise=f"sound records lost: {sorted(sound - found.sound)[:20]}")
    out.counts["bad records that became models"] += len(numbers & found.stored)
    out.counts["bad records told of as problems only"] += len((numbers & found.told) - found.stored)


def _look(out: Outcome, case: Case, path: Path) -> None:
    """Let commands look at what became of bad records."""
    for words in AFTERWARDS:
        ended = victims.run(victims.Command(words=(*words, "--db", str(path)), log=case.folder / "log"))
        if ended.fault or ended.code not in {0, 1}:
            out.broken.append(f"{words[0]} afterwards: {ended.fault or ended.said[-300:]}")
        out.counts["commands that looked at bad records"] += 1
