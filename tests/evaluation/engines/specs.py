"""What a job runs, as tests of the engines name it: by the weights of a model, and an instrument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.scheduling.job import JobSpec

if TYPE_CHECKING:
    from evaluation.engines.interface import Weights


def spec_on(weights: Weights, **fields: object) -> JobSpec:
    """Return what runs some weights; `fields` are the other fields of the spec."""
    base = weights.base
    places: dict[str, object] = {"model": weights.model, "revision": weights.revision, "folder": weights.folder}
    if base is not None:
        places |= {"base": base.model, "base_revision": base.revision, "base_folder": base.folder}
    usual = {"instrument": "demo", "definition": "demo"}
    return JobSpec(**(usual | places | fields))  # type: ignore[arg-type] # fields are chosen by the tests
