"""What close readings of models of one origin find, in words, each with the number that it rests on.

A finding says how one differs from the other. Which was made from which is told only where one of them has lost
something that the other has: digits, levels or rows of its vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from lineage.vocabulary import EDITED
from lineage.weights.kinship import measure_kinship
from lineage.weights.mixture import FEWEST_PARENTS, UnfitMixture, fit_mixture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lineage.crawl_records import WantedKinship
    from lineage.weights.kinship import Kinship, ModuleChange
    from lineage.weights.low_rank import RankSpectrum
    from lineage.weights.mixture import MixtureFit
    from lineage.weights.span_rows import SpanReading

CloseReading: TypeAlias = "SpanReading | str"
"""What was read of a model, or why nothing was."""

FindingKind: TypeAlias = Literal[
    "equal", "rounded copy", "quantized copy", "frozen parts", "low rank", "high rank", "rank open", "edited direction",
    "larger vocabulary", "parent", "parent open", "not comparable", "not read",
]  # fmt: skip
_TELLING_ROUNDING: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightFinding:
    """One thing found: `number` is what it rests on, in the unit that `reason` names; None where it rests on none."""

    kind: FindingKind
    number: float | None
    reason: str


def tell_findings(kinship: Kinship) -> tuple[WeightFinding, ...]:
    """Return what was found, in a fixed order; the last says which of the two is the parent, or that it is open."""
    if kinship.equal_share == 1 and not kinship.extra_rows:
        reason = f"all {kinship.numbers:,} numbers that were read of both are equal"
        return (WeightFinding(kind="equal", number=1.0, reason=reason), _parent_open())
    return (*_copies(kinship), *_forms(kinship), *_vocabulary(kinship), _parent(kinship))


def _copies(kinship: Kinship) -> Iterator[WeightFinding]:
    if kinship.rounded_to is not None:
        narrow, wide = _sides(kinship, is_ours=bool(kinship.is_ours_rounded))
        reason = f"the numbers of {narrow} are those of {wide}, rounded to {kinship.rounded_to}"
        yield WeightFinding(kind="rounded copy", number=kinship.change, reason=reason)
    if kinship.quantized is not None:
        found = kinship.quantized
        narrow, wide = _sides(kinship, is_ours=found.is_ours)
        block = f"blocks of {found.block}" if found.block else "rows"
        reason = f"{found.matrices} matrices of {narrow} are those of {wide}, rounded to {found.bits} bits by {block}"
        yield WeightFinding(kind="quantized copy", number=kinship.change, reason=reason)


def _forms(kinship: Kinship) -> Iterator[WeightFinding]:
    frozen = [role.role for role in kinship.roles if role.is_frozen]
    if frozen:
        reason = f"equal in all that was read: {', '.join(frozen)}"
        yield WeightFinding(kind="frozen parts", number=float(len(frozen)), reason=reason)
    if kinship.rounded_to is not None or kinship.quantized is not None:
        return
    if kinship.edit is not None and kinship.edit.is_edited:
        edit = kinship.edit
        reason = (
            f"one direction was taken out of {edit.matrices} matrices in {edit.layers} layers: mean |cos|"
            f" {edit.cosine:.2f} on {edit.rows} rows, {edit.first:.0%} of each change"
        )
        yield WeightFinding(kind=EDITED, number=edit.cosine, reason=reason)
    elif kinship.change:
        yield _rank(kinship)


def _rank(kinship: Kinship) -> WeightFinding:
    """Return what the spectra say together: a high rank anywhere, or else a low one in all matrices of most rows."""
    most = max((spectrum.rows for spectrum in kinship.spectra), default=0)
    widest = [spectrum for spectrum in kinship.spectra if spectrum.rows == most]
    high = [spectrum for spectrum in kinship.spectra if spectrum.kind == "high"]
    if high:
        told = max(high, key=lambda spectrum: spectrum.rank)
        return WeightFinding(kind="high rank", number=float(told.rank), reason=_describe(told))
    if widest and all(spectrum.kind == "low" for spectrum in widest):
        told = max(widest, key=lambda spectrum: spectrum.rank)
        return WeightFinding(kind="low rank", number=float(told.rank), reason=_describe(told))
    reason = "not measured: too few rows, or of other parts"
    return WeightFinding(kind="rank open", number=None, reason=_describe(widest[0]) if widest else reason)


def _describe(spectrum: RankSpectrum) -> str:
    """Return what was measured of one matrix, in a few words."""
    place = spectrum.role if spectrum.layer is None else f"{spectrum.role} of layer {spectrum.layer}"
    hidden = f", and rounding makes {spectrum.rounding:.0%}" if spectrum.rounding > _TELLING_ROUNDING else ""
    return (
        f"the change of {place} has rank {spectrum.rank} on {spectrum.rows} rows;"
        f" 8 directions hold {spectrum.energy_8:.1%}{hidden}"
    )


def _vocabulary(kinship: Kinship) -> Iterator[WeightFinding]:
    if kinship.extra_rows:
        _, larger = _sides(kinship, is_ours=kinship.extra_rows > 0)
        reason = f"the embedding of {larger} has {abs(kinship.extra_rows):,} rows more"
        yield WeightFinding(kind="larger vocabulary", number=float(abs(kinship.extra_rows)), reason=reason)


def _parent(kinship: Kinship) -> WeightFinding:
    if kinship.rounded_to is not None:
        child, parent = _sides(kinship, is_ours=bool(kinship.is_ours_rounded))
        return WeightFinding(kind="parent", number=None, reason=f"{parent}: {child} lacks digits that it has")
    if kinship.quantized is not None:
        child, parent = _sides(kinship, is_ours=kinship.quantized.is_ours)
        return WeightFinding(kind="parent", number=None, reason=f"{parent}: {child} lacks levels that it has")
    if kinship.extra_rows:
        child, parent = _sides(kinship, is_ours=kinship.extra_rows < 0)
        return WeightFinding(kind="parent", number=None, reason=f"{parent}: the vocabulary of {child} is larger")
    return _parent_open()


def _parent_open() -> WeightFinding:
    return WeightFinding(kind="parent open", number=None, reason="one family; weights do not say which came first")


def _sides(kinship: Kinship, *, is_ours: bool) -> tuple[str, str]:
    """Return the model that is meant, and the other."""
    return (kinship.model, kinship.other) if is_ours else (kinship.other, kinship.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeKinship:
    """How a model differs from a relative: what was found, and how far each part moved."""

    model: str
    relative: str
    findings: tuple[WeightFinding, ...]
    modules: tuple[ModuleChange, ...] = ()

    @property
    def summary(self) -> str:
        """What was found in a few words, with the number of each finding: `low rank 8, frozen parts 5`."""
        told = [one for one in self.findings if one.kind not in {"parent", "parent open"}]
        return ", ".join(one.kind if one.number is None else f"{one.kind} {one.number:.3g}" for one in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeMixture:
    """A model weighed as a mixture of parents, of their changes in a base where that is known."""

    model: str
    parents: tuple[str, ...]
    base: str | None
    fit: MixtureFit | UnfitMixture


@dataclass(frozen=True, slots=True, kw_only=True)
class KinVerdict:
    """All that was found of one model."""

    kinships: tuple[RelativeKinship, ...]
    mixture: RelativeMixture | None


def judge_relatives(wanted: WantedKinship, read: Mapping[str, CloseReading]) -> KinVerdict:
    """Compare a model with its relatives, and weigh it; `read` has every model of it by id."""
    kinships = (_compare(wanted.model.model, relative.model, read) for relative in wanted.relatives)
    return KinVerdict(kinships=tuple(kinships), mixture=_weigh(wanted, read) if wanted.parents else None)


def _compare(model: str, relative: str, read: Mapping[str, CloseReading]) -> RelativeKinship:
    """Tell how a model differs from a relative: the change is that from the relative's numbers to the model's."""
    ours, theirs = read[relative], read[model]
    if isinstance(ours, str) or isinstance(theirs, str):
        name, reason = (relative, ours) if isinstance(ours, str) else (model, theirs)
        return _untold(model, relative, "not read", f"{name}: {reason}")
    kinship = measure_kinship(ours, theirs)
    if kinship is None:
        return _untold(model, relative, "not comparable", "no rows were read of both")
    return RelativeKinship(model=model, relative=relative, findings=tell_findings(kinship), modules=kinship.modules)


def _untold(model: str, relative: str, kind: Literal["not read", "not comparable"], reason: str) -> RelativeKinship:
    finding = WeightFinding(kind=kind, number=None, reason=reason)
    return RelativeKinship(model=model, relative=relative, findings=(finding,))


def _weigh(wanted: WantedKinship, read: Mapping[str, CloseReading]) -> RelativeMixture:
    """Weigh a model as a mixture of its parents.

    Without a known base it is weighed without one, and if that is no mixture, then with the first of three parents or
    more as their base: only with a base parents can be told without weights.
    """
    parents = tuple(parent.model for parent in wanted.parents)
    base = wanted.base.model if wanted.base else None
    found = _fit(wanted.model.model, parents, base, read)
    is_told = not isinstance(found.fit, UnfitMixture) and found.fit.kind == "mixture"
    if base is None and not is_told and len(parents) > FEWEST_PARENTS:
        with_base = _fit(wanted.model.model, parents[1:], parents[0], read)
        if not isinstance(with_base.fit, UnfitMixture) and with_base.fit.kind == "parents, not weights":
            return with_base
    return found


def _fit(model: str, parents: tuple[str, ...], base: str | None, read: Mapping[str, CloseReading]) -> RelativeMixture:
    readings = {name: read[name] for name in (model, *parents, *((base,) if base else ()))}
    sound = {name: reading for name, reading in readings.items() if not isinstance(reading, str)}
    unread = {name: reading for name, reading in readings.items() if isinstance(reading, str)}
    fit: MixtureFit | UnfitMixture
    if unread:
        fit = UnfitMixture(reason="; ".join(f"{name} was not read: {reason}" for name, reason in unread.items()))
    else:
        fit = fit_mixture(sound[model], [sound[name] for name in parents], base=sound[base] if base else None)
    return RelativeMixture(model=model, parents=parents, base=base, fit=fit)
