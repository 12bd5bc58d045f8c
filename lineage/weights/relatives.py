"""What close readings say of a model and its relatives: how it differs from each, and whether they were mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from lineage.weights.kinship import measure_kinship
from lineage.weights.kinship_findings import WeightFinding, tell_findings
from lineage.weights.mixture import FEWEST_PARENTS, UnfitMixture, fit_mixture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.crawl_records import WantedKinship
    from lineage.weights.kinship import ModuleChange
    from lineage.weights.mixture import MixtureFit
    from lineage.weights.span_rows import SpanReading

CloseReading: TypeAlias = "SpanReading | str"
"""What was read of a model, or why nothing was."""


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
