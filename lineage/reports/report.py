"""A whole report: its parts, in the order in which an auditor asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.reports.coverage import write_coverage
from lineage.reports.drift import write_movement
from lineage.reports.first_page import write_decision
from lineage.reports.methods import write_methods
from lineage.reports.parentage import write_parentage
from lineage.reports.scores import write_scores
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
    yield from write_scope(profiles, facts)
    yield from write_coverage(profiles)
    yield from write_parentage(profiles, facts)
    yield from write_scores(profiles, facts)
    yield from write_movement(profiles, facts)
    yield from write_methods(profiles, facts)
