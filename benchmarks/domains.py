"""How often the lexicon judges a model's own signs rightly, on models labelled by reading, and what a crawl would find.

`labels/domains.csv` has models that were drawn and labelled without the lexicon; its head tells how. A model counts as
found if its own signs give 0.5 or more. The second table asks the questions of each domain's crawl of the listing of
July 2024: the requests that they take, in pages of 1,000, and the share that they find of the models that the lexicon
itself lists and of the labelled ones. What a crawl finds by closing the graph comes on top.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scipy.stats import binomtest

from benchmarks.rig.records import SNAPSHOT, Source
from benchmarks.rig.tables import Cell, print_machine, print_table
from lineage.domains.classify import DomainSigns, classify
from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.domains.lexicon_file import default_lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.domains.lexicon import Lexicon, Query

LABELS: Final = Path(__file__).resolve().parent / "labels" / "domains.csv"
OPEN: Final = "?"
PAGE: Final = 1_000
HALVES: Final = ("development", "held")
JUDGED: Final = (
    *("domain", "half", "models", "of the domain", "found", "recall", "95 %"),
    *("listed", "wrongly", "precision", "95 % "),
)
ASKED: Final = ("domain", "questions", "requests", "listed", "found", "recall", "labelled", "found ", "recall ")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainLabel:
    """One labelled model; `domains` is None if its record does not tell."""

    model: str
    domains: frozenset[str] | None
    half: str


@dataclass(slots=True, kw_only=True)
class Answers:
    """The questions of one domain, how many models answered each, and which models answered any."""

    queries: Sequence[Query]
    counts: Counter[str] = field(default_factory=Counter)
    models: set[str] = field(default_factory=set)

    def take(self, model: str, tags: Sequence[str]) -> None:
        """Ask every question about one record: filters match a tag exactly, searches a part of the id in any case."""
        held, name = frozenset(tags), model.lower()
        for query in self.queries:
            if query.value in held if query.parameter == "filter" else query.value.lower() in name:
                self.counts[query.value] += 1
                self.models.add(model)

    @property
    def requests(self) -> int:
        """How many pages the listings take, at least one each."""
        return sum(max(1, math.ceil(self.counts[query.value] / PAGE)) for query in self.queries)


def main() -> None:
    """Read the labels and the snapshot, and print the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, default=SNAPSHOT, help="another listing, one record per line")
    parser.add_argument("--wrong", action="store_true", help="print what is judged wrongly in the development half")
    options = parser.parse_args()
    print_machine("scipy")
    if not options.records.exists():
        print("the snapshot of 2024-07-11 is not here: nothing to measure")
        return
    lexicon, labels = default_lexicon(), read_domain_labels()
    answers = {domain: Answers(queries=lexicon.queries([domain])) for domain in lexicon.names}
    listed: dict[str, set[str]] = {domain: set() for domain in lexicon.names}
    for line in Source(path=options.records).every():
        record = json.loads(line)
        model, tags = str(record["id"]), [str(tag) for tag in record.get("tags", ())]
        for domain in lexicon.names:
            answers[domain].take(model, tags)
        for domain in own_domains(model, tags, record, lexicon):
            listed[domain].add(model)
    print_table(JUDGED, [row for domain in lexicon.names for row in judge(domain, labels, listed[domain])])
    print_table(ASKED, [count(domain, answers[domain], listed[domain], labels) for domain in lexicon.names])
    if options.wrong:
        print_wrong(lexicon.names, labels, listed)


def read_domain_labels() -> list[DomainLabel]:
    """Read the labelled models."""
    lines = (line for line in LABELS.read_text("utf-8").splitlines() if not line.startswith("#"))
    return [
        DomainLabel(
            model=row["model"],
            domains=None if row["domain"] == OPEN else frozenset(row["domain"].split()),
            half=row["half"],
        )
        for row in csv.DictReader(lines)
    ]


def own_domains(model: str, tags: Sequence[str], record: dict[str, object], lexicon: Lexicon) -> Iterator[str]:
    """Yield the domains under which a model's own signs list it."""
    library, task = record.get("library_name"), record.get("pipeline_tag")
    signs = DomainSigns(
        id=model,
        tags=tags,
        library=str(library) if library else None,
        pipeline_tag=str(task) if task else None,
    )
    for match in classify(signs, lexicon):
        if match.confidence >= LISTED_CONFIDENCE:
            yield match.domain


def judge(domain: str, labels: Sequence[DomainLabel], listed: set[str]) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of each half: recall over the models of the domain, precision over the listed ones."""
    for half in HALVES:
        judged = [label for label in labels if label.half == half and label.domains is not None]
        members = {label.model for label in judged if domain in (label.domains or ())}
        hits = {label.model for label in judged} & listed
        right = len(members & hits)
        yield (
            *(domain, half, len(judged), len(members), right, *share(right, len(members))),
            *(len(hits), len(hits) - right, *share(right, len(hits))),
        )


def share(part: int, whole: int) -> tuple[str, str]:
    """Return a share with its Wilson interval of 95 %, both as text; empty for a share of nothing."""
    if not whole:
        return "", ""
    interval = binomtest(part, whole).proportion_ci(method="wilson")
    return f"{part / whole:.3f}", f"{interval.low:.3f}-{interval.high:.3f}"


def count(domain: str, answers: Answers, listed: set[str], labels: Sequence[DomainLabel]) -> tuple[Cell, ...]:
    """Return what the questions of a domain cost, and what they find of the listed and of the labelled models."""
    members = {label.model for label in labels if label.domains and domain in label.domains}
    found, named = listed & answers.models, members & answers.models
    return (
        *(domain, len(answers.queries), answers.requests, len(listed), len(found), share(len(found), len(listed))[0]),
        *(len(members), len(named), share(len(named), len(members))[0]),
    )


def print_wrong(domains: Sequence[str], labels: Sequence[DomainLabel], listed: dict[str, set[str]]) -> None:
    """Print every model of the development half that a domain misses or wrongly lists."""
    for domain in domains:
        for label in labels:
            if label.half == HALVES[0] and label.domains is not None:
                is_member = domain in label.domains
                if is_member != (label.model in listed[domain]):
                    print(f"{'missed' if is_member else 'wrong'}  {domain}  {label.model}")


if __name__ == "__main__":
    main()
