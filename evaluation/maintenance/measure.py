"""The jobs of a repair: base and model on every instrument, and the weights that are mixed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.engines.interface import Weights
from lineage.errors import LineageError, UsageError
from store.maintenance.interventions import RepairSubject

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from lineage.scheduling.job import JobSpec
    from lineage.scheduling.plan import PlannedJob


class NotMeasured(LineageError):
    """Base and model have no items of an instrument that can be compared, although they were measured."""

    hint = "`lineage scores list --instrument NAME` lists their scores; one that was stopped early has no items"

    def __init__(self, instrument: str, subject: RepairSubject) -> None:
        """Name the instrument and both models."""
        super().__init__(f"{subject.model} and {subject.base} have no current scores with items of one {instrument}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairJobs:
    """The jobs of base and model, those of the model by the instrument's name in `specs`; `unsafe` may be None."""

    bases: tuple[PlannedJob, ...]
    models: tuple[PlannedJob, ...]
    unsafe: PlannedJob | None

    @classmethod
    def of(cls, bases: Sequence[PlannedJob], models: Sequence[PlannedJob], unsafe: PlannedJob | None) -> RepairJobs:
        """Return the jobs; raises UsageError where the models are not a base and its fine-tune or adapter."""
        base, model = bases[0].spec, models[0].spec
        if base.model == model.model:
            raise UsageError(f"{model.model} cannot be its own base")
        if base.base is not None:
            raise UsageError(f"{base.model} is an adapter, and so no base")
        if model.base is not None and model.base != base.model:
            raise UsageError(f"{model.model} is an adapter for {model.base}: name that as --base")
        if model.base is not None and unsafe is not None:
            raise UsageError("--unsafe is for full fine-tunes: an adapter can only be scaled")
        return cls(bases=tuple(bases), models=tuple(models), unsafe=unsafe)

    @property
    def base(self) -> JobSpec:
        """A job of the base."""
        return self.bases[0].spec

    @property
    def model(self) -> JobSpec:
        """A job of the model."""
        return self.models[0].spec

    @property
    def specs(self) -> Mapping[str, JobSpec]:
        """The jobs of the model by the instrument's name."""
        return {job.spec.instrument: job.spec for job in self.models}

    @property
    def subject(self) -> RepairSubject:
        """What is repaired."""
        unsafe = None if self.unsafe is None else self.unsafe.spec
        return RepairSubject(
            model=self.model.model,
            revision=self.model.revision,
            base=self.base.model,
            base_revision=self.base.revision,
            unsafe=None if unsafe is None else unsafe.model,
            unsafe_revision=None if unsafe is None else unsafe.revision,
        )

    def pair(self, name: str) -> tuple[JobSpec, JobSpec]:
        """Return the jobs of base and model on an instrument."""
        base = next(job.spec for job in self.bases if job.spec.instrument == name)
        return base, self.specs[name]

    def of_instruments(self, names: Container[str]) -> tuple[PlannedJob, ...]:
        """Return the jobs of base and model on some instruments."""
        return tuple(job for job in (*self.bases, *self.models) if job.spec.instrument in names)

    def weights(self, trusted: Container[str]) -> tuple[Weights, Weights, Weights | None]:
        """Return the weights of model, base, and the model without the base's safety."""
        unsafe = None if self.unsafe is None else Weights.of(self.unsafe.spec, trusted)
        return Weights.of(self.model, trusted), Weights.of(self.base, trusted), unsafe
