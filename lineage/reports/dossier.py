"""A dossier of one model: what it is, where it comes from, what is known of its safety, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.exports.provenance_words import address, purl
from lineage.figures.forest_plot import draw_forest
from lineage.policy.findings import CheckState
from lineage.policy.rules import ApprovedBases, Level
from lineage.profile import UNSCORED
from lineage.reports.blocks import APPENDIX, Heading, Paragraph, Picture, TableBlock
from lineage.reports.dossier_page import beside, known_anyway, never_measured
from lineage.reports.drift import list_comparisons, list_withheld
from lineage.reports.finding_list import write_findings
from lineage.reports.first_page import write_decision
from lineage.reports.formatting import UNKNOWN, count, counted, day, percent, revision
from lineage.reports.methods import list_sources, write_methods
from lineage.reports.parentage import list_edges, list_problems
from lineage.reports.rule_texts import write_rules
from lineage.reports.scores import list_scores
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import ScoreState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.drift.drift_row import DriftRow
    from lineage.profile import Profile, Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts


def write_dossier(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield the blocks of a dossier on the one selected model."""
    (one,) = profiles
    yield Heading(words=f"Dossier of {plain(one.id)}", level=1, anchor="top")
    yield Paragraph(
        words=f"Made {day(facts.made_at)} from the database {plain(facts.database)}, facts {facts.rests_on.hash}."
    )
    yield Heading(words="Summary", anchor="summary")
    yield from _summary(profiles, one)
    yield known_anyway(profiles, one)
    yield from write_decision(profiles, facts, never_measured(profiles, one))
    yield from write_findings(profiles, facts)
    yield from _identity(one)
    yield from _origin(profiles, one, facts)
    yield from _licences(profiles, one)
    yield from _movement(one)
    yield from _missing(one)
    yield from _gate(facts)
    yield from write_rules(profiles)
    yield from _reproduction(profiles, one, facts)
    yield from write_methods(facts)
    yield Heading(words="Appendix: tables", anchor=APPENDIX)
    yield from list_scores(profiles, facts)
    yield list_problems(profiles)
    yield from list_sources(profiles, facts)


def _summary(profiles: Profiles, one: Profile) -> Iterator[Block]:
    above = profiles.ancestors(one.id)
    known = f"{number_of(len(one.parents), 'known parent')} and {number_of(len(above), 'ancestor')}"
    yield Paragraph(
        words=f"Status on the Hub: {one.facts.status}; revision {revision(one.facts.revision)}. It has "
        f"{known if above else 'no known parent'}, and {number_of(one.facts.derivatives, 'derivative')}."
    )
    words = "It has no score: nothing is known of its safety, as the evaluation of a base does not carry over."
    if one.coverage != UNSCORED:
        words = f"By its best score it is {one.coverage}."
    yield Paragraph(words=words, is_warning=one.coverage == UNSCORED)
    safety, rest = ([row for row in _once(one.drift) if row.is_safety is kind] for kind in (True, False))
    yield Paragraph(
        words=f"Against parent, nearest scored ancestor and root, on safety: {counted(safety)}; on capability and "
        f"coherence: {counted(rest)}. Undecided is not equivalent."
    )


def _identity(one: Profile) -> Iterator[Block]:
    own = one.facts
    yield Heading(words="What it is", anchor="identity")
    yield _pairs(
        "The record of the Hub, as last seen",
        {
            "id": own.id,
            "address": address(own.id),
            "package URL": purl(own),
            "maker": own.author,
            "status": own.status,
            "revision": own.revision,
            "made": None if own.created_at is None else day(own.created_at),
            "last changed": None if own.last_modified_at is None else day(own.last_modified_at),
            "first seen": None if own.first_seen_at is None else day(own.first_seen_at),
            "last seen": None if own.last_seen_at is None else day(own.last_seen_at),
            "task": own.pipeline_tag,
            "library": own.library,
            "parameters": None if own.parameters is None else count(own.parameters),
            "licence": own.license,
            "gated": own.gated,
            "downloads": None if own.downloads is None else count(own.downloads),
            "likes": None if own.likes is None else count(own.likes),
            "languages": ", ".join(own.languages) or None,
            "data sets": ", ".join(own.datasets) or None,
        },
    )
    yield TableBlock(
        caption="Domains, with the evidence",
        columns=("domain", "basis", "confidence", "evidence"),
        rows=tuple(
            (topic.domain, topic.basis, percent(topic.confidence), plain("; ".join(topic.signals), None))
            for topic in one.topics
        ),
        numbers=frozenset({"confidence"}),
        nothing="nothing says that it is of a domain.",
    )


def _pairs(caption: str, values: dict[str, str | None]) -> TableBlock:
    return TableBlock(
        caption=caption,
        columns=("field", "value"),
        rows=tuple((name, UNKNOWN if value is None else plain(value, None)) for name, value in values.items()),
    )


def _origin(profiles: Profiles, one: Profile, facts: ReportFacts) -> Iterator[Block]:
    above = [ancestor.id for ancestor in profiles.ancestors(one.id)]
    yield Heading(words="Where it comes from", anchor="lineage")
    yield list_edges(profiles.narrowed((one.id, *above)))
    yield TableBlock(
        caption="Other evidence of its parents, which made no edge",
        columns=("parent", "evidence", "relation", "confidence", "as written", "what became of it"),
        rows=tuple(
            (
                plain(sign.parent),
                plain(sign.kind),
                sign.relation or UNKNOWN,
                percent(sign.confidence),
                plain(sign.declared_as or ""),
                plain(sign.resolution),
            )
            for sign in one.signs
            if not sign.is_edge
        ),
        numbers=frozenset({"confidence"}),
    )
    ends = [profiles[model] for model in (one.id, *above) if model in profiles.by_id and not profiles[model].parents]
    for end in ends:
        known = "" if end.origin is None else f": {plain(end.origin.words, None)}"
        yield Paragraph(words=f"The line ends at {plain(end.id)}{known}.")
    yield Paragraph(words=_approved(facts))


def _approved(facts: ReportFacts) -> str:
    if facts.gate is None:
        return "Approved bases: not stated, as no policy was given (--policy FILE)."
    rules = [outcome for outcome in facts.gate.outcomes if outcome.kind == ApprovedBases.kind]
    if not rules:
        return "Approved bases: the policy names none."
    found = [plain(detail.words, None) for rule in rules for result in rule.results for detail in result.details]
    bases = [base for rule in facts.gate.policy.rules if isinstance(rule, ApprovedBases) for base in rule.bases]
    return f"Approved bases: {', '.join(map(plain, bases))}. Found: {'; '.join(found) or 'nothing to object to'}."


def _licences(profiles: Profiles, one: Profile) -> Iterator[Block]:
    yield Heading(words="Licences, from the model up", anchor="licences")
    yield TableBlock(
        caption="The licence of the model and of each ancestor, as the Hub states it",
        columns=("generation", "model", "licence", "class", "beside the model's own"),
        rows=tuple(
            (str(distance), plain(model), plain(known.facts.license or UNKNOWN), *beside(one, known))
            for distance, model in (
                (0, one.id),
                *((ancestor.distance, ancestor.id) for ancestor in profiles.ancestors(one.id)),
            )
            if (known := profiles.by_id.get(model)) is not None
        ),
        numbers=frozenset({"generation"}),
    )
    yield Paragraph(words="Classes are a rough first look, and no legal advice (lineage docs crawling).")


def _movement(one: Profile) -> Iterator[Block]:
    told = [row for row in _once(one.drift) if row.is_told]
    yield Heading(words="Drift", anchor="drift")
    if told:
        yield Picture(figure=draw_forest(told, title=f"Drift of {plain(one.id)}"))
    yield from list_comparisons(told)
    yield list_withheld(_once(one.withheld))


def _once(rows: Sequence[DriftRow]) -> tuple[DriftRow, ...]:
    """Return each comparison once: a parent that is the root too is one ancestor."""
    return tuple({(row.instrument, row.reference, row.reason): row for row in rows}.values())


def _missing(one: Profile) -> Iterator[Block]:
    yield Heading(words="What is missing", anchor="missing")
    yield TableBlock(
        caption="What is missing, and what would supply it",
        columns=("missing", "what would supply it"),
        rows=tuple(_gaps(one)),
        nothing="nothing that this program looks for.",
    )


def _gaps(one: Profile) -> Iterator[tuple[str, str]]:
    if not one.parents and one.origin is not None:
        yield plain(f"a known parent: {one.origin.words}", None), plain(one.origin.remedy or "nothing", None)
    if one.parents and all(edge.inferred for edge in one.parents):
        yield "a declared parent: its parents are inferred", "the maker; lineage edge add"
    if one.facts.revision is None:
        yield "its revision", "lineage crawl --revisions"
    if one.facts.license is None:
        yield "its licence", "the maker"
    yield from _unmeasured(one)
    if withheld := len(_once(one.withheld)):
        yield f"{number_of(withheld, 'verdict')}: withheld", "the reason stands beside each, under Drift"
    if one.problems:
        yield f"{number_of(len(one.problems), 'fact')} that could not be read", "the appendix lists them"


def _unmeasured(one: Profile) -> Iterator[tuple[str, str]]:
    if not any(score.is_standing for score in one.scores):
        yield "any current score", "lineage evaluate, or lineage scores import"
    elif one.coverage == ScoreState.REPORTED:
        yield "a measurement: its scores are only reported", "lineage evaluate"
    stale = sum(score.state == ScoreState.STALE for score in one.scores)
    if stale:
        yield f"{number_of(stale, 'score')} of the present revision", "lineage evaluate"
    for plan in one.planned:
        why = plan.error or plan.reason or "no reason is noted"
        yield plain(f"{plan.instrument or 'an evaluation'}: {plan.state}; {why}", None), "lineage evaluate"


def _gate(facts: ReportFacts) -> Iterator[Block]:
    yield Heading(words="Gate", anchor="gate")
    if facts.gate is None:
        yield Paragraph(words="Not checked, as no policy was given (--policy FILE).")
        return
    yield TableBlock(
        caption=f"The rules of {plain(facts.gate.policy.title)}",
        columns=("rule", "level", "result", "what was looked at"),
        rows=tuple(
            (
                plain(outcome.name),
                outcome.level.value,
                "FAIL" if outcome.has_failed else _passed(outcome.count(CheckState.FOUND), outcome.level),
                "; ".join(plain(detail.words, None) for result in outcome.results for detail in result.details),
            )
            for outcome in facts.gate.outcomes
        ),
    )


def _passed(found: int, level: Level) -> str:
    return "warning" if found and level is Level.WARNING else "pass"


def _reproduction(profiles: Profiles, one: Profile, facts: ReportFacts) -> Iterator[Block]:
    yield Heading(words="How to reproduce it", anchor="reproduction")
    yield TableBlock(
        caption="The model and its ancestors at the revisions of this database",
        columns=("model", "revision", "last seen"),
        rows=tuple(
            (plain(model), plain(known.facts.revision or UNKNOWN), day(known.facts.last_seen_at))
            for model in (one.id, *(ancestor.id for ancestor in profiles.ancestors(one.id)))
            if (known := profiles.by_id.get(model)) is not None
        ),
    )
    runs = sorted({(score.instrument, score.run, score.revision or UNKNOWN) for score in one.scores})
    yield TableBlock(
        caption="The runs behind its scores",
        columns=("instrument", "run", "revision"),
        rows=tuple((plain(name), plain(run), plain(commit)) for name, run, commit in runs),
        nothing="it has no score.",
    )
    yield Paragraph(
        words=f"A revision is a Git commit, which names all files of a repository. The facts here have the hash "
        f"{facts.rests_on.hash}; a snapshot (lineage snapshot create) keeps them."
    )
