"""A whole report: the page that is signed, the findings, what they rest on, and the tables in an appendix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.reports.blocks import APPENDIX, Heading
from lineage.reports.coverage import write_coverage
from lineage.reports.drift import list_movement, write_movement
from lineage.reports.finding_list import write_findings
from lineage.reports.first_page import write_decision
from lineage.reports.methods import list_sources, write_methods
from lineage.reports.parentage import list_parentage, write_parentage
from lineage.reports.rule_texts import write_rules
from lineage.reports.scores import list_scores
from lineage.reports.summary import write_scope, write_summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts


def write_report(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield the blocks of a report on the selected models."""
    yield from write_summary(profiles, facts)
    yield from write_decision(profiles, facts)
    yield from write_findings(profiles, facts)
    yield from write_coverage(profiles)
    yield from write_parentage(profiles, facts)
    yield from write_movement(profiles, facts)
    yield from write_rules(profiles)
    yield from write_scope(profiles, facts)
    yield from write_methods(facts)
    yield Heading(words="Appendix: tables", anchor=APPENDIX)
    yield from list_movement(profiles, facts)
    yield from list_scores(profiles, facts)
    yield from list_parentage(profiles)
    yield from list_sources(profiles, facts)
