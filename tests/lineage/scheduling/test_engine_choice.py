"""Which engine a plan gives each job, and the reason that it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lineage.scheduling.inputs import SchedulePreferences
from lineage.scores.instrument_file import InstrumentFault, read_instruments
from lineage.vocabulary import AnswerKind
from tests.lineage.scheduling.conftest import HARDWARE, build, make_instrument, make_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.scheduling.hardware import Hardware

GPU = replace(HARDWARE, has_gpu=True, has_vllm=True)
INSTRUMENTS = [
    make_instrument("long", answers=AnswerKind.CHOICES),
    make_instrument("letters", answers=AnswerKind.LETTERS),
    make_instrument("written", answers=AnswerKind.REPLIES),
    make_instrument("unknown"),
    make_instrument("clinic", definition="clinic.py@clinic"),
]


def chosen(
    hardware: Hardware = GPU,
    preferences: SchedulePreferences | None = None,
    engines: Mapping[tuple[str, str], str] | None = None,
    **facts: object,
) -> dict[str, tuple[str, str]]:
    """Return the engine and the reason for each instrument on one model."""
    world = build([], [make_model("oak/a", **facts)], INSTRUMENTS, hardware=hardware).having(engines=engines or {})
    world = replace(world, pool=replace(world.pool, serves_gguf=preferences is not None and bool(preferences.server)))
    jobs = world.plan(preferences or SchedulePreferences()).jobs
    return {job.spec.instrument: (job.spec.engine, job.engine_reason) for job in jobs}


def test_a_gpu_with_vllm_runs_letters_and_replies_on_it() -> None:
    """Long choices stay with transformers, whose family work is exact, and so does a task that says nothing."""
    assert chosen() == {
        "long": ("transformers", "likelihoods of long choices"),
        "letters": ("vllm", "letters on a GPU"),
        "written": ("vllm", "written replies on a GPU"),
        "unknown": ("transformers", "nothing says what answers the task wants"),
        "clinic": ("inspect", "only it runs this task"),
    }


@pytest.mark.parametrize(
    ("lesser", "reason"),
    [(replace(GPU, has_gpu=False), "no GPU"), (replace(GPU, has_vllm=False), "vLLM is not installed")],
    ids=["gpu", "vllm"],
)
def test_without_either_transformers_runs_all(lesser: Hardware, reason: str) -> None:
    """What is missing is the reason."""
    found = chosen(lesser)
    assert {engine for name, (engine, _) in found.items() if name != "clinic"} == {"transformers"}
    assert found["letters"][1] == found["written"][1] == reason
    assert found["long"][1] == "likelihoods of long choices"


def test_the_engine_that_was_asked_for_wins() -> None:
    """It runs all but what only another engine can run."""
    found = chosen(preferences=SchedulePreferences(engine="vllm"))
    assert found.pop("clinic")[0] == "inspect"
    assert set(found.values()) == {("vllm", "asked for")}


def test_a_family_stays_with_its_engine() -> None:
    """Scores of two engines are not compared: it decides before speed, unless the engine is gone."""
    earlier = {("oak/a", "letters"): "transformers", ("oak/a", "long"): "vllm", ("oak/b", "written"): "transformers"}
    found = chosen(engines=earlier)
    assert found["letters"] == ("transformers", "its family was measured by it")
    assert found["long"] == ("vllm", "its family was measured by it")
    assert found["written"] == ("vllm", "written replies on a GPU")
    assert chosen(replace(GPU, has_vllm=False), engines=earlier)["long"][0] == "transformers"


def test_code_of_a_repository_is_run_by_transformers() -> None:
    """The engine vllm runs none."""
    world = build([], [make_model("oak/a", needs_remote_code=True)], INSTRUMENTS, hardware=GPU)
    trusting = replace(world.pool.access, trusted=frozenset({"oak/a"}))
    jobs = world.with_access(trusting).plan(SchedulePreferences()).jobs
    told = {job.spec.instrument: (job.spec.engine, job.engine_reason) for job in jobs}
    assert told["letters"] == ("transformers", "it needs code of its repository")


def test_a_server_runs_what_is_gguf_only() -> None:
    """The job names the server; models with safetensors are run here, and without a server the model is refused."""
    gguf: dict[str, Any] = {"has_safetensors": False, "is_gguf": True}
    served = SchedulePreferences(server="http://127.0.0.1:8080/v1")
    found = chosen(preferences=served, **gguf)
    assert found["letters"] == found["long"] == ("endpoint", "GGUF only, and a server is named")
    assert found["clinic"][0] == "inspect"
    assert chosen(preferences=served)["long"][0] == "transformers"
    assert chosen(**gguf) == {}
    world = build([], [make_model("oak/a", **gguf)], INSTRUMENTS[:1])
    (job,) = replace(world, pool=replace(world.pool, serves_gguf=True)).plan(served).jobs
    assert job.spec.options == {"url": served.server}


def test_a_plan_counts_its_jobs_by_engine() -> None:
    """Each engine has a line for every reason, that of most jobs first."""
    plan = build([], [make_model("oak/a")], INSTRUMENTS[:2], hardware=GPU).plan(SchedulePreferences())
    assert set(plan.engines()) == {
        "transformers: 1 job (likelihoods of long choices)",
        "vllm: 1 job (letters on a GPU)",
    }


def test_an_unknown_kind_of_answers_is_a_fault() -> None:
    """A file of instruments that asks for something else is refused with the three kinds."""
    entry = '[[instruments]]\nname = "a"\nconstruct = "bias"\ndirection = "lower_is_safer"\nrange = [0, 1]\n'
    with pytest.raises(InstrumentFault, match=r"a\.answers: 'words' is not one of choices, letters, replies"):
        read_instruments(f'{entry}answers = "words"\n', "mine.toml")
