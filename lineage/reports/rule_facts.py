"""The facts that answer what rules ask: each is read from what the database knows of one model, or is None."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from lineage.exports.provenance_words import address, purl
from lineage.licences import class_of
from lineage.reports.formatting import count, counted, day, percent
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import Against, Construct, ScoreState, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lineage.profile import Profile
    from lineage.scores.score import StoredScore

RuleFact: TypeAlias = "Callable[[Profile], str | None]"
MOST: Final = 4
"""Names that are listed before the rest is counted."""


def parents(one: Profile) -> str | None:
    """Return what a model was made from, and who says so."""
    return _listed(
        f"{edge.relation} of {plain(edge.parent)} ({'inferred' if edge.inferred else 'declared'} by "
        f"{plain(edge.evidence)}, {percent(edge.confidence)})"
        for edge in one.parents
    )


def parents_watched(one: Profile) -> str | None:
    """Return the state of a model's parents on the Hub."""
    return _listed(f"{plain(edge.parent)}: {edge.parent_status}, {_seen(edge.last_seen_at)}" for edge in one.parents)


def relation(one: Profile) -> str | None:
    """Return how a model was made, as far as its edges tell."""
    return ", ".join(sorted({edge.relation for edge in one.parents})) or None


def root(one: Profile) -> str | None:
    """Return the root of a model's family, if that is another model."""
    return plain(one.facts.root) if one.facts.root and one.facts.root != one.id else None


def family(one: Profile) -> str | None:
    """Return the root of a model's family and its number of parameters."""
    return ", ".join(filter(None, (one.facts.root and f"family of {plain(one.facts.root)}", parameters(one)))) or None


def datasets(one: Profile) -> str | None:
    """Return the data sets that a model declares."""
    return _listed(map(plain, one.facts.datasets))


def task(one: Profile) -> str | None:
    """Return a model's task on the Hub and its domains."""
    domains = sorted({topic.domain for topic in one.topics})
    parts = (plain(one.facts.pipeline_tag or ""), f"domains: {', '.join(domains)}" if domains else "")
    return "; ".join(filter(None, parts)) or None


def modality(one: Profile) -> str | None:
    """Return a model's task on the Hub, whose name says what goes in and comes out."""
    return f"task {plain(one.facts.pipeline_tag)}" if one.facts.pipeline_tag else None


def release(one: Profile) -> str | None:
    """Return when a model's repository was made, and how it is given out."""
    if one.facts.created_at is None:
        return None
    gated = "" if one.facts.gated in {None, "", "false", "False"} else f", gated ({plain(one.facts.gated or '')})"
    return f"repository of {one.facts.created_at:%Y-%m-%d} on the Hub{gated}"


def modified(one: Profile) -> str | None:
    """Return when a model's repository last changed."""
    return None if one.facts.last_modified_at is None else day(one.facts.last_modified_at)


def parameters(one: Profile) -> str | None:
    """Return a model's number of parameters."""
    return None if one.facts.parameters is None else f"{count(one.facts.parameters)} parameters"


def licence(one: Profile) -> str | None:
    """Return a model's licence as the Hub states it, with its class."""
    return f"{plain(one.facts.license)} ({class_of(one.facts.license)})" if one.facts.license else None


def software(one: Profile) -> str | None:
    """Return the library that a model declares; the Hub states no version."""
    return f"{plain(one.facts.library)}, version not stated" if one.facts.library else None


def name(one: Profile) -> str | None:
    """Return a model's name."""
    return plain(one.id)


def identifier(one: Profile) -> str | None:
    """Return a model's package URL."""
    return purl(one.facts)


def version(one: Profile) -> str | None:
    """Return a model's revision."""
    return plain(one.facts.revision) if one.facts.revision else None


def commit(one: Profile) -> str | None:
    """Return the commit that names the content of a model's repository; hashes of single files are not stored."""
    return f"Git commit {plain(one.facts.revision)}; none of single files" if one.facts.revision else None


def producer(one: Profile) -> str | None:
    """Return the account that a model belongs to."""
    return plain(one.facts.author) if one.facts.author else None


def site(one: Profile) -> str | None:
    """Return the address of a model's page, if a crawl saw the model."""
    return address(one.id) if one.facts.last_seen_at is not None else None


def evaluation(one: Profile) -> str | None:
    """Return how many current scores a model has, by their state."""
    found = Counter(score.state for score in one.scores if score.is_standing)
    return ", ".join(f"{number_of(many, 'score')} {state}" for state, many in sorted(found.items())) or None


def instruments(one: Profile) -> str | None:
    """Return the instruments that a model was scored on, with how much of their identity was told."""
    named = {score.instrument for score in one.scores if score.is_standing}
    return _listed(sorted(map(plain, named)))


def uncertainty(one: Profile) -> str | None:
    """Return how many current scores come with an error."""
    current = [score for score in one.scores if score.is_standing]
    known = sum(score.stderr is not None for score in current)
    return f"{known:,} of {number_of(len(current), 'score')} with a 95 % interval" if known else None


def independent(one: Profile) -> str | None:
    """Return the scores that were measured rather than stated by the model's card."""
    found = [score for score in one.scores if score.is_standing and score.state == ScoreState.MEASURED]
    return _listed(sorted({plain(score.origin_in_words) for score in found}))


def safety(one: Profile) -> str | None:
    """Return the instruments of safety on which a model has a current score."""
    return _on(one, lambda score: score.construct not in {Construct.CAPABILITY, Construct.COHERENCE})


def bias(one: Profile) -> str | None:
    """Return the instruments of bias on which a model has a current score."""
    return _on(one, lambda score: score.construct is Construct.BIAS)


def domain_evaluation(one: Profile) -> str | None:
    """Return the scores of a model that is in a domain; whether the instruments fit the deployment is for people."""
    return instruments(one) if one.topics else None


def drift(one: Profile) -> str | None:
    """Return the verdicts on a model against its nearest scored ancestor."""
    rows = one.drift_against(Against.SCORED_ANCESTOR)
    return f"{counted(rows)} against the nearest scored ancestor" if rows else None


def worse(one: Profile) -> str | None:
    """Return where a model is shown to be worse; None if nothing could be compared."""
    rows = [row for row in one.drift_against(Against.SCORED_ANCESTOR) if row.is_told and row.is_safety]
    found = sorted({plain(row.name) for row in rows if row.verdict is Verdict.WORSE})
    if not rows:
        return None
    return f"worse on {', '.join(found)}" if found else f"no worse on {number_of(len(rows), 'comparison')} of safety"


def unmeasured(one: Profile) -> str | None:
    """Return what is withheld or unscored, which this report lists; every model has an answer."""
    if not one.scores:
        return "no score of any kind, as this report says"
    return (
        f"{evaluation(one) or 'no current score'}; {number_of(len(one.withheld), 'comparison')} withheld, listed here"
    )


def watched(one: Profile) -> str | None:
    """Return since when a model is watched, and when it was last seen."""
    if one.facts.first_seen_at is None:
        return None
    return f"since {one.facts.first_seen_at:%Y-%m-%d}, {_seen(one.facts.last_seen_at)}"


def _seen(moment: object) -> str:
    return "never seen" if moment is None else f"last seen {moment:%Y-%m-%d}"


def _on(one: Profile, is_meant: Callable[[StoredScore], bool]) -> str | None:
    return _listed(sorted({plain(score.name) for score in one.scores if score.is_standing and is_meant(score)}))


def _listed(words: Iterable[str]) -> str | None:
    """Return the first few, then how many more there are; None for none."""
    every = list(words)
    more = f", and {len(every) - MOST:,} more" if len(every) > MOST else ""
    return f"{', '.join(every[:MOST])}{more}" if every else None


FACTS: Final[Mapping[str, RuleFact]] = {
    "address": site,
    "bias": bias,
    "commit": commit,
    "datasets": datasets,
    "domain_evaluation": domain_evaluation,
    "drift": drift,
    "evaluation": evaluation,
    "family": family,
    "identifier": identifier,
    "independent": independent,
    "instruments": instruments,
    "licence": licence,
    "modality": modality,
    "modified": modified,
    "name": name,
    "parameters": parameters,
    "parents": parents,
    "parents_watched": parents_watched,
    "producer": producer,
    "relation": relation,
    "release": release,
    "root": root,
    "safety": safety,
    "software": software,
    "task": task,
    "uncertainty": uncertainty,
    "unmeasured": unmeasured,
    "version": version,
    "watched": watched,
    "worse": worse,
}
"""Every fact that `rule_texts.yaml` may name."""
