"""Reports over a database: everything that an auditor asks is in them, and nothing that was said is changed."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import takewhile
from typing import TYPE_CHECKING

import pytest

from lineage.policy.policy_file import read_policy
from lineage.reports.blocks import Heading, Paragraph, Picture, Signature, TableBlock
from lineage.reports.facts_hash import hash_facts
from lineage.vocabulary import Against
from store.drift.profiles import read_profiles
from store.drift.write_drift import refresh
from store.outputs.report import NotOneModel, Report, make_dossier, make_report
from store.outputs.snapshots import SnapshotFacts
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.reports.blocks import Block
    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled

ROOT = Against.ROOT


@pytest.fixture(name="family")
def fixture_family(filled: Filled, make_score: Callable[..., Score]) -> Desk:
    """Give a base and four derivatives: worse, better, judged by another, and never evaluated, of a lost parent too."""

    def fill(desk: Desk) -> None:
        tag = "base_model:maple/model-1"
        rest = [desk.record(number, tags=[tag], downloads=number) for number in (2, 3, 4)]
        lost = desk.record(5, tags=[tag, "base_model:oak/gone"], downloads=500)
        desk.take([desk.record(1, sha="a" * 40), *rest, lost])
        desk.derive()
        ones = {"maple/model-1": 100, "maple/model-2": 160, "maple/model-3": 30}
        scores = [make_score(model, many) for model, many in ones.items()]
        write_scores(desk.database, [*scores, make_score("maple/model-4", 90, judge="other")], desk.START)
        refresh(desk.database)

    return filled(fill)


@pytest.fixture(name="made")
def fixture_made(family: Desk) -> Report:
    """Give the report on all of them, against the root."""
    return make_report(family.database, None, ROOT, family.START)


def after(report: Report, anchor: str) -> tuple[Block, ...]:
    """Return the blocks of a part, without its heading."""
    start = next(n for n, block in enumerate(report.blocks) if isinstance(block, Heading) and block.anchor == anchor)
    return tuple(
        takewhile(lambda block: not (isinstance(block, Heading) and block.level == 2), report.blocks[start + 1 :])
    )


def tables(report: Report) -> dict[str, TableBlock]:
    """Return the tables of a report by the start of what they are called."""
    return {block.caption.partition(":")[0]: block for block in report.blocks if isinstance(block, TableBlock)}


def words(report: Report) -> str:
    """Return all paragraphs."""
    return "\n".join(block.words for block in report.blocks if isinstance(block, Paragraph))


def test_every_part_is_there(made: Report) -> None:
    """The parts come in the order of an auditor's questions, with figures within."""
    parts = [block.anchor for block in made.blocks if isinstance(block, Heading) and block.level == 2]
    order = ["summary", "findings", "coverage", "lineage", "drift", "contradictions", "rules", "scope", "methods"]
    assert parts == [*order, "provenance", "appendix"]
    assert sum(isinstance(block, Picture) for block in made.blocks) == 3
    assert made.models == 6


def test_the_first_page_is_what_is_signed(family: Desk, made: Report) -> None:
    """What got worse by how much, what was never measured, and what a policy finds, above a place for a name."""
    policy = read_policy(
        'title = "Ward"\n[[rule]]\nkind = "approved_bases"\nbases = ["maple/model-1"]\n[[rule]]\nkind = "no_worse"\n',
        "p",
    )
    checked = make_report(family.database, None, ROOT, family.START, policy)
    (signature,) = (place for place, block in enumerate(checked.blocks) if isinstance(block, Signature))
    page = Report(blocks=checked.blocks[:signature], models=checked.models)
    found = tables(page)
    assert [row[:4] for row in found["What got worse on safety"].rows] == [
        ("maple/model-2", "maple/model-1", "Harmful replies", "+15.0")
    ]
    assert [row[:3] for row in found["What was never measured"].rows] == [
        ("maple/model-5", "present", "500"),
        ("oak/gone", "missing", "unknown"),
    ]
    assert "Gate: FAIL: 2 rules of 3 failed, for 6 models, by the policy Ward (p)." in words(page)
    assert "Approved bases: maple/model-1." in words(page)
    rules = {row[0]: row for row in found["Rules that found or skipped something"].rows}
    assert rules["approved_bases"][1:3] == ("FAIL", "2")
    assert "Gate: not checked" in words(made)


POLICY = (
    'title = "Ward"\n[[rule]]\nkind = "approved_bases"\nbases = ["maple/model-1"]\n'
    '[[rule]]\nkind = "no_worse"\n[[rule]]\nkind = "measured"\ninstruments = ["harm"]\n'
)


def test_findings_come_one_by_one(family: Desk, made: Report) -> None:
    """Each model that got worse is a finding with what it rests on, then each rule that failed; tables come last."""
    checked = make_report(family.database, None, ROOT, family.START, read_policy(POLICY, "p"))
    part = after(checked, "findings")
    heads = [block.words for block in part if isinstance(block, Heading)]
    assert heads[0] == "1. maple/model-2"
    assert heads[1:] == [
        f"{number}. Rule {name}" for number, name in enumerate(("approved_bases", "no_worse", "measured"), start=2)
    ]
    said = " ".join(block.words for block in part if isinstance(block, Paragraph))
    assert "On Harmful replies it is riskier by 15.0 points than maple/model-1" in said
    assert "finetune of maple/model-1 (declared by tag" in said
    assert "1 model got worse on an instrument of safety; 3 rules of the policy failed" in said
    order = [block.anchor for block in made.blocks if isinstance(block, Heading) and block.anchor]
    scores = next(n for n, block in enumerate(made.blocks) if isinstance(block, Heading) and block.words == "Scores")
    assert order[-1] == "appendix"
    assert scores > next(n for n, b in enumerate(made.blocks) if isinstance(b, Heading) and b.anchor == "appendix")


def test_a_dossier_says_what_is_known_of_one_model(family: Desk) -> None:
    """It has identity, edges with evidence, licences, drift against every ancestor, gaps, the gate, and the runs."""
    dossier = make_dossier(family.database, "maple/model-2", ROOT, family.START, read_policy(POLICY, "p"))
    found = tables(dossier)
    record = {row[0]: row[1] for row in found["The record of the Hub, as last seen"].rows}
    assert (record["id"], record["downloads"], record["licence"]) == ("maple/model-2", "2", "unknown")
    assert [row[:1] + row[3:6] for row in found["Every model with each of its parents"].rows] == [
        ("maple/model-2", "finetune", "maple/model-1", "tag")
    ]
    assert [row[1] for row in found["The licence of the model and of each ancestor, as the Hub states it"].rows] == [
        "maple/model-2",
        "maple/model-1",
    ]
    told = family.rows("select verdict, reason from drift where model = 'maple/model-2' and verdict <> 'withheld'")
    assert len(told) == 3, "parent, nearest scored ancestor and root are one model"
    assert [(row[3], row[7]) for row in found["Safety"].rows] == list(set(told))
    assert ("its licence", "the maker") in found["What is missing, and what would supply it"].rows
    assert {row[0]: row[2] for row in found["The rules of Ward"].rows}["no_worse"] == "FAIL"
    run = family.rows("select run from scores where model = 'maple/model-2'")
    assert [row[1:2] for row in found["The runs behind its scores"].rows] == run
    assert "Approved bases: maple/model-1." in words(dossier)
    assert "lineage report --dossier maple/model-2 --against root" in words(dossier)
    with pytest.raises(NotOneModel):
        make_dossier(family.database, "maple/model-1+", ROOT, family.START)


def test_of_a_model_without_a_score_the_first_page_says_what_is_known_and_what_would_measure_it(family: Desk) -> None:
    """Its base with the evidence, licences, what its ancestors are measured on, and a command for each kind."""
    dossier = make_dossier(family.database, "maple/model-5", ROOT, family.START)
    (signature,) = (place for place, block in enumerate(dossier.blocks) if isinstance(block, Signature))
    page = tables(Report(blocks=dossier.blocks[:signature], models=1))
    known = [row[:2] for row in page["What is known in any case"].rows]
    assert known == [
        ("base", "merge of maple/model-1"),
        ("base", "merge of oak/gone"),
        ("licence", "not stated"),
        ("licence of maple/model-1", "not stated"),
        ("licence of oak/gone", "not stated"),
        ("domain", "none"),
        ("scores", "none"),
        ("scores of maple/model-1", "Harmful replies"),
    ]
    assert page["What is known in any case"].rows[0][2].startswith("declared by tag, ")
    missing = page["What was never measured, and what would measure it"].rows
    assert missing[0] == ("Harmful replies", "maple/model-1", "lineage scores import FILE")
    assert ("Toxicity (ToxiGen, recognising hate)", "none", "lineage evaluate maple/model-5 toxigen") in missing
    assert len(missing) == 10


def test_what_rules_ask_is_answered_from_the_database(desk: Desk) -> None:
    """What is known changes with the record, and what the record does not tell is missing, with who could supply it."""

    def answers() -> dict[tuple[str, str], tuple[str, ...]]:
        desk.derive()
        made = make_dossier(desk.database, "maple/model-2", ROOT, desk.START)
        rows = [row for block in after(made, "rules") if isinstance(block, TableBlock) for row in block.rows]
        return {(row[0], row[1]): row[2:] for row in rows}

    desk.take([desk.record(1), desk.record(2)])
    before = answers()
    key = ("licence", "Annex XI, section 1, 1(f); Annex XII, 1(h)")
    assert before[key] == ("nothing", "this", "the maker")
    tags = ["base_model:maple/model-1", "license:mit", "dataset:oak/cases"]
    desk.take([desk.record(2, tags=tags, pipeline_tag="text-generation", sha="b" * 40)], day=2)
    known = answers()
    assert known[key] == ("mit (permissive)", "nothing", "the maker")
    assert known["new sources of training data", "recital 109"][0] == "oak/cases"
    assert known["model version", "Models"][0] == "b" * 40
    assert str(known["what was modified or fine-tuned, and from which model", "recital 109"][0]).startswith(
        "finetune of maple/model-1 (declared by tag"
    )


def test_every_derivative_has_its_evidence(made: Report) -> None:
    """Each edge is a row with its evidence, its confidence and the text as written; bases and lost ones stand apart."""
    edges = tables(made)["Every model with each of its parents"]
    assert [(row[0], row[4]) for row in edges.rows] == [
        ("maple/model-2", "maple/model-1"),
        ("maple/model-3", "maple/model-1"),
        ("maple/model-4", "maple/model-1"),
        ("maple/model-5", "maple/model-1"),
        ("maple/model-5", "oak/gone"),
    ]
    first = dict(zip(edges.columns, edges.rows[0], strict=True))
    assert (first["evidence"], first["as written"], first["scores"]) == ("tag", "base_model:maple/model-1", "measured")
    assert first["confidence"].endswith("%")
    lost = dict(zip(edges.columns, edges.rows[-1], strict=True))
    assert lost["parent is"] == "missing"
    alone = tables(made)["Models without a known parent"]
    assert [row[0] for row in alone.rows] == ["maple/model-1", "oak/gone"]
    assert str(alone.rows[0][-1]).startswith("declares no parent; none inferred. Its card, configuration and weights")
    assert str(alone.rows[1][-1]).startswith("never seen here")
    assert "Not every root is a base" not in words(made)


def test_a_root_that_is_probably_a_derivative_is_a_warning(desk: Desk) -> None:
    """The summary counts it, the part on lineage names it with what it was likely made from, and so does its row."""
    base, likely = desk.record(1), desk.record(2, cardData={"base_model": "/data/model-1"})
    desk.take([base, likely, desk.record(3, tags=["base_model:maple/model-2"])])
    desk.derive()
    made = make_report(desk.database, "maple/model-2+", ROOT, desk.START)
    assert "1 of those without one declares no parent but was probably made from another model." in words(made)
    told = "maple/model-2 (undeclared; likely made from maple/model-1, 0."
    assert told in next(
        block.words for block in made.blocks if isinstance(block, Paragraph) and "Not every" in block.words
    )
    assert "likely made from maple/model-1" in str(tables(made)["Models without a known parent"].rows[-1][-1])


def test_verdicts_are_those_of_the_database(family: Desk, made: Report) -> None:
    """Every told row of the view is in it with its sentence, the worse first; every withheld one has a reason."""
    told = family.rows("select model, verdict, reason from drift where against = 'root' and verdict <> 'withheld'")
    found = {(row[0], row[3], row[7]) for row in tables(made)["Safety"].rows}
    assert found == {(model, verdict, reason) for model, verdict, reason in told}
    assert [row[3] for row in tables(made)["Safety"].rows] == ["worse", "better"]
    withheld = family.rows("select model, reason from drift where against = 'root' and verdict = 'withheld'")
    rows = tables(made)["Every comparison that is withheld, and why"].rows
    assert {(row[0], row[3]) for row in rows} == set(withheld)
    assert len(rows) == 1


def test_every_difference_can_be_worked_out_again(family: Desk) -> None:
    """Each told difference is that of two rows of the scores, in hundredths of the range, of one identity."""
    derivatives = make_report(family.database, "relation:finetune", ROOT, family.START)
    table = tables(derivatives)[
        "Every score that stands, of these models and of the ancestors that they are compared with"
    ]
    scores = {(row[0], row[1]): dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert (table.rows[-1][0], table.rows[0][0]) == ("maple/model-1", "maple/model-2")
    identities = {
        row[0]: row for row in tables(derivatives)["Every instrument used, as it was run as far as that was told"].rows
    }
    for model, reference, instrument, _, change, *_ in tables(derivatives)["Safety"].rows:
        mine, theirs = scores[model, instrument], scores[reference, instrument]
        assert float(change) == pytest.approx(100 * (float(mine["value"]) - float(theirs["value"])), abs=0.06)
        assert {mine["state"], theirs["state"]} == {"measured"}
        assert mine["run"] != theirs["run"]
        assert "not told" in identities[instrument]


def test_scores_that_came_later_are_warned_of(family: Desk) -> None:
    """Where scores came after drift was measured the report says that its verdicts are older."""
    assert "older than the scores" not in words(make_report(family.database, None, ROOT, family.START))
    family.database.run("queue/set_drift_current", is_current=False)
    made = make_report(family.database, None, ROOT, family.START)
    [warning] = [
        block for block in made.blocks if isinstance(block, Paragraph) and "older than the scores" in block.words
    ]
    assert warning.is_warning


def test_it_says_how_to_make_it_again(family: Desk) -> None:
    """The command that makes the same report stands beside the hash, quoted for a shell."""
    made = make_report(family.database, "maple/model-1+ maple/model-2", ROOT, family.START)
    assert "lineage report 'maple/model-1+ maple/model-2' --against root" in words(made)


def test_what_nobody_evaluated_is_said(made: Report) -> None:
    """The summary warns of models without a score, and the most used come first."""
    assert "says nothing about the safety of 2 unscored models" in words(made)
    unscored = next(
        table
        for name, table in tables(made).items()
        if name.startswith("Most-downloaded models without a score (2 of 2)")
    )
    assert [row[0] for row in unscored.rows] == ["maple/model-5", "oak/gone"]


def test_it_names_what_it_was_made_of(family: Desk, made: Report) -> None:
    """The hash of the facts and of their kinds, the crawl, and the versions are in it."""
    rests_on = hash_facts(read_profiles(family.database, "*"))
    assert rests_on.hash in words(made)
    assert [row[2] for row in tables(made)["What the hash is made of"].rows] == [one.hash for one in rests_on.parts]
    (crawl,) = tables(made)["Crawls that the database stands on"].rows
    assert crawl[4] == "not finished"
    assert {row[0] for row in tables(made)["Versions"].rows} >= {"lineage", "DuckDB", "scipy"}


def test_the_hash_follows_the_facts_on_its_models_alone(family: Desk, make_score: Callable[..., Score]) -> None:
    """A new model of nobody's here leaves the hash as it is; a new score of a model or of its ancestor changes it."""
    hashed = [hash_facts(read_profiles(family.database, "maple/model-2"))]
    family.take([family.record(9)])
    family.derive()
    hashed.append(hash_facts(read_profiles(family.database, "maple/model-2")))
    write_scores(family.database, [make_score("maple/model-1", 101)], family.START)
    refresh(family.database)
    hashed.append(hash_facts(read_profiles(family.database, "maple/model-2")))
    assert hashed[0] == hashed[1]
    assert [one.name for one, other in zip(hashed[1].parts, hashed[2].parts, strict=True) if one != other] == [
        "scores",
        "drift",
    ]


def test_a_report_on_a_snapshot_names_its_content(family: Desk, made: Report) -> None:
    """A report on a snapshot names the hash that the snapshot states; no other report does."""
    assert "is a snapshot" not in words(made)
    facts: dict[str, object] = dict.fromkeys((one.name for one in fields(SnapshotFacts)), 1)
    family.database.run("snapshots/mark", facts=json.dumps(facts | {"content": "c0ffee"}), made_at=family.START)
    found = make_report(family.database, None, ROOT, family.START)
    assert "is a snapshot and states that its content has the SHA-256 c0ffee" in words(found)


def test_the_same_database_gives_the_same_report(family: Desk, made: Report) -> None:
    """Made twice of one database at one time, a report is the same to the letter."""
    assert make_report(family.database, None, ROOT, family.START).blocks == made.blocks


def test_nothing_known_is_said_so(family: Desk) -> None:
    """Of a model without scores the report has its parts, and says in each that nothing is there."""
    made = make_report(family.database, "maple/model-5", ROOT, family.START)
    assert tables(made)["Safety"].rows == ()
    assert "no comparison" in words(made)
    assert tables(made)["Models by instrument and by their best score on it"].rows == ()


def test_records_that_came_later_are_warned_of(family: Desk) -> None:
    """Where records came after the graph was computed the report says that it is behind."""
    family.take([family.record(9)])
    made = make_report(family.database, "maple/model-2", ROOT, family.START)
    [warning] = [block for block in made.blocks if isinstance(block, Paragraph) and "lineage resolve" in block.words]
    assert warning.is_warning
