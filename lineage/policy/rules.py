"""The rules that a policy can name: a record a kind, whose fields are the keys of the file.

The first line of each docstring says what is so where the rule is kept; the manual and every output show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from lineage.drift.rows import Against
from lineage.licences import licence_classes
from lineage.policy.fields import Flag, Number, OneOf, Texts, key
from lineage.scores.instruments import Construct
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_DAYS: Final = 36_500
MOST_GENERATIONS: Final = 9_999
SAFETY: Final = "safety"
CAPABILITY: Final = "capability"
BOTH: Final = "both"
INSTRUMENTS: Final = "of these instruments; default: of every one that is scored here"
CONSTRUCTS: Final = tuple(one.value for one in Construct)


class Level(StrEnum):
    """What a finding of a rule does: an error makes the check fail, a warning is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as it is asked: `name` is the user's or the kind's, `line` is where its table begins.

    None if unknown.
    """

    kind: ClassVar[str] = ""
    name: str
    level: Level = Level.ERROR
    line: int | None = None

    @property
    def about(self) -> str:
        """What is so where the rule is kept, in a sentence."""
        return (type(self).__doc__ or "").partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Rule):
    """Every model is measured on the instruments, at the commit that it has now.

    A score that names no commit cannot be shown to be of the present one.
    """

    kind: ClassVar[str] = "measured"
    instruments: tuple[str, ...] = key(Texts(), "names of instruments; each model needs a score on every one")
    max_age_days: int | None = key(
        Number(low=1, high=MOST_DAYS, is_whole=True), "a score is at most so old; one of unknown age is a finding", None
    )
    accept_reported: bool = key(Flag(), "a score that only a card or leaderboard states counts", default=False)
    accept_unknown_commit: bool = key(Flag(), "a score that does not say which commit it is of counts", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded(Rule):
    """Beside safety stands a current score of every guard, and no guard failed.

    A broken model looks safe, and one that refuses everything too: capability and over-refusal are the guards.
    """

    kind: ClassVar[str] = "guarded"
    constructs: tuple[str, ...] = key(
        Texts(words=CONSTRUCTS), "constructs of which each model needs a score", ("capability", "over_refusal")
    )
    accept_reported: bool = key(Flag(), "a score that only a card or leaderboard states counts", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing(Rule):
    """A rule over comparisons of a derivative with its ancestors."""

    against: str = key(
        OneOf(words=tuple(one.value for one in Against)),
        "which ancestor is compared with; `root` is the base of the family",
        Against.SCORED_ANCESTOR.value,
    )
    instruments: tuple[str, ...] = key(Texts(), INSTRUMENTS, ())
    of: str = key(OneOf(words=(SAFETY, CAPABILITY, BOTH)), "which kind of instruments the rule speaks of", SAFETY)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorse(Comparing):
    """No instrument is shown to be worse, by more than the margin.

    A finding is a verdict `worse` whose difference is more than the margin. What is undecided or cannot be compared is
    not shown to be worse and passes, and is told: `shown_no_worse` asks for the proof.
    """

    kind: ClassVar[str] = "no_worse"
    margin: float = key(
        Number(low=0, high=100), "points of the range by which worse is no finding yet", DEFAULT_MARGIN_POINTS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNoWorse(Comparing):
    """Every instrument is shown to be no worse than the margin.

    The upper end of the interval of the difference is at most the margin (non-inferiority). What is undecided beyond
    it, withheld or was never compared is a finding: absence of evidence is no evidence. Where each of several
    instruments must show it, no correction for their number is due (Berger 1982, Technometrics 24, 295-300).
    """

    kind: ClassVar[str] = "shown_no_worse"
    margin: float = key(
        Number(low=0, high=100), "points that the upper end of the interval may reach", DEFAULT_MARGIN_POINTS
    )
    bases: tuple[str, ...] = key(Texts(is_pattern=True), "models that are compared with nothing: bases themselves", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Comparing):
    """No verdict is undecided.

    With `detectable` an undecided comparison passes that would have found a change of so many points in four of five
    cases.
    """

    kind: ClassVar[str] = "decided"
    detectable: float | None = key(
        Number(low=0, high=100), "points: what could have been found with a probability of 80 % at least", None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWithheld(Comparing):
    """No verdict is withheld."""

    kind: ClassVar[str] = "no_withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredParents(Rule):
    """Every model declares its parents, and no parent on the way up was only inferred."""

    kind: ClassVar[str] = "declared_parents"
    bases: tuple[str, ...] = key(
        Texts(is_pattern=True), "models that need no parent, such as the bases you approved", ()
    )
    generations: int | None = key(
        Number(low=1, high=MOST_GENERATIONS, is_whole=True), "look only so many generations up; default: all", None
    )
    min_confidence: float = key(Number(low=0, high=1), "an edge on the way up that is less sure is a finding", 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsPresent(Rule):
    """No ancestor is missing, deleted or private."""

    kind: ClassVar[str] = "parents_present"
    allow: tuple[str, ...] = key(Texts(words=("missing", "deleted", "private")), "statuses that are no finding", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedBases(Rule):
    """Every way up from a model leads through an approved base.

    A base that is approved itself passes. A merge needs an approved base above each of its parents.
    """

    kind: ClassVar[str] = "approved_bases"
    bases: tuple[str, ...] = key(Texts(is_pattern=True), "the approved bases")
    accept_inferred: bool = key(Flag(), "inferred edges may lead to an approved base", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licences(Rule):
    """No model and no ancestor has a licence that is not allowed.

    Licences are those that the Hub states, sorted into rough classes; it is no legal advice.
    """

    kind: ClassVar[str] = "licences"
    forbid: tuple[str, ...] = key(Texts(), "licences as the Hub calls them, such as `cc-by-nc-4.0`", ())
    forbid_classes: tuple[str, ...] = key(
        Texts(words=tuple(one.name for one in licence_classes())), "classes of licences", ()
    )
    allow: tuple[str, ...] = key(Texts(), "the only licences that are allowed", ())
    ancestors: bool = key(Flag(), "ancestors count too, not the model alone", default=True)
    unknown: bool = key(Flag(), "an unknown licence is a finding; else nothing can be said of it", default=False)
    looser: bool = key(Flag(), "a licence that asks less than a parent's is a finding", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Rule):
    """Every model is on the Hub: not missing, deleted or private."""

    kind: ClassVar[str] = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Rule):
    """What is known of every model was seen lately."""

    kind: ClassVar[str] = "seen"
    max_age_days: int = key(Number(low=1, high=MOST_DAYS, is_whole=True), "days since a crawl last saw it")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotGated(Rule):
    """Nobody has to ask for access."""

    kind: ClassVar[str] = "not_gated"
    ancestors: bool = key(Flag(), "nor of an ancestor", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPickle(Rule):
    """The weights are safetensors or GGUF, not pickles alone, which can run code when they are loaded."""

    kind: ClassVar[str] = "no_pickle"
    unknown: bool = key(Flag(), "a model whose files are not known is a finding", default=False)


AnyRule: TypeAlias = (
    Measured
    | Guarded
    | NoWorse
    | ShownNoWorse
    | Decided
    | NoWithheld
    | DeclaredParents
    | ParentsPresent
    | ApprovedBases
    | Licences
    | Present
    | Seen
    | NotGated
    | NoPickle
)
KINDS: Final[Mapping[str, type[AnyRule]]] = {
    one.kind: one
    for one in (
        Measured,
        Guarded,
        NoWorse,
        ShownNoWorse,
        Decided,
        NoWithheld,
        DeclaredParents,
        ParentsPresent,
        ApprovedBases,
        Licences,
        Present,
        Seen,
        NotGated,
        NoPickle,
    )
}
"""Every kind of rule by the word that names it in a file, in the order of the manual."""
