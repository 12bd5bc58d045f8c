"""The labels of models by domain, and how they judge what the lexicon lists."""

from __future__ import annotations

import csv

from benchmarks.domains import LABELS, Answers, DomainLabel, judge, read_domain_labels, share
from lineage.domains.lexicon import Query
from lineage.domains.lexicon_file import default_lexicon


def test_every_label_is_complete() -> None:
    """Each model is labelled once, with a reason; no author is in both halves; every domain has enough of each kind."""
    lines = [line for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len({row["model"] for row in rows}) == len(rows) == len(read_domain_labels())
    assert all(row["reason"] for row in rows)
    halves: dict[str, str] = {}
    assert all(halves.setdefault(row["model"].partition("/")[0].lower(), row["half"]) == row["half"] for row in rows)
    for domain in default_lexicon().names:
        assert sum(domain in row["domain"].split() for row in rows) >= 150
    assert sum(not row["domain"] for row in rows) >= 450


def test_what_is_listed_is_judged_by_the_labels() -> None:
    """A member that is not listed costs recall, another model that is costs precision, an open label neither."""
    labels = [
        DomainLabel(model="maple/a", domains=frozenset({"legal"}), half="held"),
        DomainLabel(model="maple/b", domains=frozenset({"legal", "medical"}), half="held"),
        DomainLabel(model="maple/c", domains=frozenset(), half="held"),
        DomainLabel(model="maple/d", domains=None, half="held"),
    ]
    _, held = judge("legal", labels, {"maple/a", "maple/c", "maple/d"})
    assert held[:5] == ("legal", "held", 3, 2, 1)
    assert held[7:9] == (2, 1)
    assert held[5:7] == held[9:] == share(1, 2)
    assert share(0, 0) == ("", "")


def test_a_question_takes_a_page_at_least() -> None:
    """A filter matches a whole tag in its capitals, a search a part of the id in any."""
    queries = [
        Query(parameter="filter", value="Law", domain="legal"),
        Query(parameter="search", value="juri", domain="x"),
    ]
    answers = Answers(queries=queries)
    for model, tags in (("maple/JuriBERT", ["law"]), ("maple/b", ["Law"]), ("maple/c", ["Lawyer"])):
        answers.take(model, tags)
    assert answers.models == {"maple/JuriBERT", "maple/b"}
    assert answers.requests == 2
