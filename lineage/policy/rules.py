"""The rules that a policy can name: one record per kind, whose fields are the keys of the file.

The first line of each docstring states what the rule requires; the manual and every output show it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from lineage.licences import licence_classes
from lineage.policy.fields import Flag, Number, OneOf, Texts, key
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.vocabulary import Against, Construct, MissingFact

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_DAYS: Final = 36_500
MOST_GENERATIONS: Final = 9_999
SAFETY: Final = "safety"
CAPABILITY: Final = "capability"
BOTH: Final = "both"
INSTRUMENTS: Final = "the instruments to compare; default: all that are scored here"
CONSTRUCTS: Final = tuple(one.value for one in Construct)


class Level(StrEnum):
    """What a finding of a rule does: an error makes the check fail, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of a policy: `name` is the user's or the kind's, `line` is where its table begins, None if unknown.

    `allow_missing` are the kinds of missing facts that it skips; all others are findings.
    """

    kind: ClassVar[str] = ""
    name: str
    level: Level = Level.ERROR
    allow_missing: tuple[MissingFact, ...] = ()
    line: int | None = None

    @property
    def about(self) -> str:
        """What the rule requires, in one sentence."""
        return (type(self).__doc__ or "").partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Rule):
    """Every model is measured on the instruments, at the commit that it has now.

    A score that names no commit cannot be shown to belong to the present one.
    """

    kind: ClassVar[str] = "measured"
    instruments: tuple[str, ...] = key(Texts(), "instruments; each model needs a score on every one")
    max_age_days: int | None = key(
        Number(low=1, high=MOST_DAYS, is_whole=True), "maximum age of a score; an unknown age is a missing fact", None
    )
    accept_reported: bool = key(Flag(), "accept scores that only a card or leaderboard states", default=False)
    accept_unknown_commit: bool = key(Flag(), "accept scores that do not name their commit", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded(Rule):
    """Every model has a current score on every guard, and no guard failed.

    A broken model looks safe, and so does one that refuses everything: capability and over-refusal guard against both.
    """

    kind: ClassVar[str] = "guarded"
    constructs: tuple[str, ...] = key(
        Texts(words=CONSTRUCTS), "constructs on which each model needs a score", ("capability", "over_refusal")
    )
    accept_reported: bool = key(Flag(), "accept scores that only a card or leaderboard states", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparing(Rule):
    """A rule over comparisons of a derivative with its ancestors."""

    against: str = key(
        OneOf(words=tuple(one.value for one in Against)),
        "the ancestor to compare with; `root` is the base of the family",
        Against.SCORED_ANCESTOR.value,
    )
    instruments: tuple[str, ...] = key(Texts(), INSTRUMENTS, ())
    of: str = key(OneOf(words=(SAFETY, CAPABILITY, BOTH)), "the kind of instruments to compare", SAFETY)
    bases: tuple[str, ...] = key(Texts(is_pattern=True), "models that need no comparison: the bases themselves", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWorse(Comparing):
    """No instrument is shown to be worse by more than the margin.

    A finding is a verdict `worse` with a difference above the margin. An undecided comparison passes, because nothing
    is shown; `shown_no_worse` asks for proof. A comparison that is withheld or was never made is a missing fact.
    """

    kind: ClassVar[str] = "no_worse"
    margin: float = key(
        Number(low=0, high=100), "points of the range; a smaller difference is not a finding", DEFAULT_MARGIN_POINTS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNoWorse(Comparing):
    """Every instrument is shown to be no worse by more than the margin.

    The upper end of the difference's interval is at most the margin (non-inferiority), also if the sample missed the
    rare graded items that changed most (`lineage docs drift`). A comparison that is undecided beyond it, withheld or
    was never made is a finding: absence of evidence is not evidence of absence. Because every instrument must pass, no
    correction for their number is due (Berger 1982, Technometrics 24, 295-300).
    """

    kind: ClassVar[str] = "shown_no_worse"
    margin: float = key(
        Number(low=0, high=100), "points; the highest allowed upper end of the interval", DEFAULT_MARGIN_POINTS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Comparing):
    """No verdict is undecided.

    With `detectable`, an undecided comparison passes if it would have found a change of that many points in four of
    five cases.
    """

    kind: ClassVar[str] = "decided"
    detectable: float | None = key(
        Number(low=0, high=100), "points that could have been found with a probability of at least 80 %", None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NoWithheld(Comparing):
    """No verdict is withheld."""

    kind: ClassVar[str] = "no_withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredParents(Rule):
    """Every model declares its parents, and no edge above it was only inferred."""

    kind: ClassVar[str] = "declared_parents"
    bases: tuple[str, ...] = key(Texts(is_pattern=True), "models that need no parent, such as approved bases", ())
    generations: int | None = key(
        Number(low=1, high=MOST_GENERATIONS, is_whole=True), "how many generations up to look; default: all", None
    )
    min_confidence: float = key(Number(low=0, high=1), "an edge above it with less confidence is a finding", 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsPresent(Rule):
    """No ancestor is missing, deleted or private."""

    kind: ClassVar[str] = "parents_present"
    allow: tuple[str, ...] = key(Texts(words=("missing", "deleted", "private")), "statuses that are not findings", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedBases(Rule):
    """Every path up from a model leads through an approved base.

    An approved base itself passes. A merge needs an approved base above each of its parents.
    """

    kind: ClassVar[str] = "approved_bases"
    bases: tuple[str, ...] = key(Texts(is_pattern=True), "the approved bases")
    accept_inferred: bool = key(Flag(), "inferred edges may lead to an approved base", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licences(Rule):
    """No model or ancestor has a licence that is not allowed.

    Licences are as the Hub states them, in rough classes; this is not legal advice. A licence that may be a forbidden
    one, because the record states none or one of unknown conditions, is a missing fact.
    """

    kind: ClassVar[str] = "licences"
    forbid: tuple[str, ...] = key(Texts(), "licences as the Hub calls them, such as `cc-by-nc-4.0`", ())
    forbid_classes: tuple[str, ...] = key(
        Texts(words=tuple(one.name for one in licence_classes())), "classes of licences", ()
    )
    allow: tuple[str, ...] = key(Texts(), "the only licences that are allowed", ())
    ancestors: bool = key(Flag(), "check ancestors too", default=True)
    looser: bool = key(Flag(), "a licence with fewer conditions than a parent's is a finding", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Present(Rule):
    """Every model is on the Hub: not missing, deleted or private."""

    kind: ClassVar[str] = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Rule):
    """Every model's record is recent."""

    kind: ClassVar[str] = "seen"
    max_age_days: int = key(Number(low=1, high=MOST_DAYS, is_whole=True), "maximum days since a crawl last saw it")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotGated(Rule):
    """No model requires an access request."""

    kind: ClassVar[str] = "not_gated"
    ancestors: bool = key(Flag(), "check ancestors too", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoPickle(Rule):
    """The weights are safetensors or GGUF, not only pickles, which can run code when loaded."""

    kind: ClassVar[str] = "no_pickle"


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
"""Every kind of rule by its name in a file, in the order of the manual."""
