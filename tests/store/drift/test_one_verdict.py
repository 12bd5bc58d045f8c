"""One pair, one verdict: the same however it is asked for, whoever else is asked about, and never of older scores."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lineage.drift.chance import by_chance
from lineage.drift.measure import DriftSettings
from lineage.policy.policy_file import read_policy
from lineage.reports.blocks import TableBlock
from lineage.scores.score import Identity
from lineage.vocabulary import Against, Construct
from store.connect import open_database
from store.drift.listing import DriftRequest, list_drift
from store.drift.measure import find_drift
from store.drift.profiles import read_profiles
from store.drift.study import find_stored_contradictions
from store.drift.write_drift import refresh
from store.ingest.crawl_store import DuckDBCrawlStore
from store.notebook.library import Library
from store.outputs.explorer import find_explorer
from store.outputs.policy_check import check
from store.outputs.report import make_report
from store.scores.write import write_scores
from store.serving.endpoints import ENDPOINTS
from tests.store.conftest import HARM, START

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lineage.output.result import Result
    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

    Told = tuple[str, float | None, int | None, str]

BASE, BAD, FURTHER = "maple/base", "elm/bad", "oak/further"
KINDS = {"harm": Construct.UNSAFE_OUTPUT, "more": Construct.UNSAFE_OUTPUT, "shy": Construct.OVER_REFUSAL}
HARMFUL = {BASE: (40, 60, 30), BAD: (63, 60, 30), FURTHER: (64, 61, 29)}
COPIES = tuple(f"fir/copy-{number}" for number in range(20))
FAMILY = f"{BASE}+"


@pytest.fixture(name="make", params=[0, len(COPIES)], ids=["alone", "among copies"])
def fixture_make(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    open_desk: Callable[[Database, DuckDBCrawlStore], Desk],
    make_score: Callable[..., Score],
) -> Path:
    """Make the file of base <- bad <- further, scored on two instruments of one construct and one of another."""
    path = tmp_path / "lineage.duckdb"
    writer = open_database(path)
    copies = COPIES[: request.param]
    parents = {BASE: None, BAD: BASE, FURTHER: BAD} | dict.fromkeys(copies, BASE)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take(
            [
                desk.record(number, id=name, tags=[] if parent is None else [f"base_model:{parent}"])
                for number, (name, parent) in enumerate(parents.items())
            ]
        )
        desk.derive()
    ones = HARMFUL | dict.fromkeys(copies, HARMFUL[BASE])
    write_scores(writer, [one for model, counts in ones.items() for one in scored(make_score, model, counts)], START)
    refresh(writer)
    writer.close()
    return path


def scored(make_score: Callable[..., Score], model: str, counts: tuple[int, ...]) -> Iterator[Score]:
    """Yield the scores of a model, one per instrument."""
    for (name, construct), ones in zip(KINDS.items(), counts, strict=True):
        instrument = replace(HARM, name=name, construct=construct)
        yield make_score(model, ones, instrument=instrument, identity=Identity(name=name))


def told(database: Database, selector: str | None, against: Against, reference: str | None = None) -> Told:
    """Return verdict, q, number of tests and sentence of the bad model on the first instrument."""
    rows = find_drift(database, selector, [against], DriftSettings(), reference=reference).rows
    ((verdict, q_value, tests, reason),) = [
        (row.verdict.value, row.q_value, row.tests, row.reason)
        for row in rows
        if (row.model, row.name, row.reference) == (BAD, "harm", BASE)
    ]
    return verdict, q_value, tests, reason


def test_every_way_of_asking_gives_the_same_verdict(make: Path) -> None:
    """Of one model, its family and all; in SQL, notebook, page, report, gate and server; with and without copies."""
    with Library(make) as library:
        database = library._database
        answer = told(database, BAD, Against.SCORED_ANCESTOR)
        verdict, q_value, tests, reason = answer
        assert (verdict, tests) == ("worse", 2)
        assert q_value == pytest.approx(0.0328, abs=1e-4)
        for selector in (FAMILY, None, "org:elm"):
            for against in Against:
                assert told(database, selector, against) == answer
        assert told(database, FAMILY, Against.PARENT, BASE) == answer
        place = {"model": BAD, "name": "harm", "reference": BASE}
        asked = (library.drift(), library.drift(BAD, instruments=["harm"]), _view(library), _served(database))
        for result in asked:
            rows = [row for row in result.records() if row.items() >= place.items()]
            assert {(row["verdict"], row["q_value"], row["tests"], row["reason"]) for row in rows} == {answer}
        drawn = [row for row in library.family(BASE)[BAD].drift if row.name == "harm"]
        assert {(row.verdict.value, row.q_value, row.tests, row.reason) for row in drawn} == {answer}
        page = find_explorer(database, FAMILY).drift
        assert (verdict, pytest.approx(q_value)) in list(zip(page["verdict"], page["q_value"], strict=True))
        policy = read_policy('[[rule]]\nkind = "no_worse"\nmargin = 0\ninstruments = ["harm"]\n', "policy.toml")
        for selector in (BAD, FAMILY):
            found = {one.model: one for one in check(database, selector, policy, START).outcomes[1].results}
            assert [one.found for one in found[BAD].details] == [f"worse: {reason}"]
        blocks = make_report(database, FAMILY, Against.PARENT, START).blocks
        tables = [one for one in blocks if isinstance(one, TableBlock)]
        assert any(row[0] == BAD and row[3] == verdict and row[-1] == reason for one in tables for row in one.rows)
        mixed = find_stored_contradictions(database, FAMILY, Against.PARENT)
        assert next(one.worse for one in mixed if one.model == BAD) == 1


def _view(library: Library) -> Result:
    return library.sql("select drift.*, name from drift join instruments using (instrument)")


def _served(database: Database) -> Result:
    (endpoint,) = (one for one in ENDPOINTS if one.path == "drift")
    values = dict.fromkeys(("selector", "against", "verdict")) | {"instrument": "harm"}
    return endpoint.answer(database, values, 0)


def test_a_new_score_takes_away_the_verdicts_that_it_may_change(make: Path, make_score: Callable[..., Score]) -> None:
    """Until drift is measured again, the model and what descends from it have none; others keep theirs."""
    writer = open_database(make)
    write_scores(writer, scored(make_score, BAD, (41, 60, 30)), START)
    models = {row[0] for row in writer.query("select distinct model from drift").rows}
    assert models == {row.model for row in find_drift(writer, None, [Against.PARENT], DriftSettings()).rows}
    assert models.isdisjoint({BAD, FURTHER})
    assert not [row for one in read_profiles(writer, FURTHER) for row in one.drift]
    refresh(writer)
    assert {BAD, FURTHER} <= {row[0] for row in writer.query("select distinct model from drift").rows}
    writer.close()


@pytest.mark.parametrize("make", [0], indirect=True, ids=["alone"])
def test_stored_verdicts_are_read_and_not_computed_again(make: Path) -> None:
    """What stands in the table is what the list, the notebook and the gate say; only another margin is computed."""
    writer = open_database(make)
    writer._connection.execute("update hub.drift set reason = 'as stored'")
    writer.close()
    with Library(make) as library:
        database = library._database
        found = list_drift(database, None, DriftRequest(against=(Against.PARENT,), most=1), DriftSettings())
        assert ([row.reason for row in found.rows], found.wanted, found.scored) == (["as stored"], 6, 3)
        whole = find_drift(database, None, [Against.PARENT], DriftSettings(), with_files=True).rows
        assert found.counts.items() >= Counter((row.is_safety, row.verdict) for row in whole).items()
        assert found.chance == by_chance(row for row in whole if row.is_safety)
        assert {row.reason for row in whole} == {row["reason"] for row in library.drift().records()} == {"as stored"}
        assert "as stored" not in {row["reason"] for row in library.drift(margin=1).records()}
        policy = read_policy('[[rule]]\nkind = "no_worse"\nmargin = 3\ninstruments = ["harm"]\n', "policy.toml")
        (found_of,) = check(database, BAD, policy, START).outcomes[1].results
        assert [one.found for one in found_of.details] == ["worse: as stored"]
