"""What is never run: each cause, alone and through the base of an adapter, and copies of what is measured or run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lineage.scheduling.candidates import USUAL_PARAMETERS, Access, CandidatePool, named_size
from lineage.scheduling.inputs import SchedulePreferences
from lineage.scheduling.plan import SkipCause

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.candidates import Candidate
    from lineage.scheduling.inputs import RunnableInstrument
    from lineage.scheduling.plan import PlannedJob, Schedule
    from tests.lineage.scheduling.conftest import World

    Build = Callable[..., World]
    Model = Callable[..., Candidate]
    Make = Callable[..., RunnableInstrument]

CAUSES: list[tuple[SkipCause, dict[str, object], str]] = [
    (SkipCause.NOT_THERE, {"status": "deleted"}, "its status is deleted"),
    (SkipCause.NOT_THERE, {"status": "missing"}, "its status is missing"),
    (SkipCause.NO_LANGUAGE_MODEL, {"pipeline_tag": "text-to-image"}, "its task is text-to-image"),
    (SkipCause.NO_LANGUAGE_MODEL, {"pipeline_tag": None, "architectures": ("BertModel",)}, "it is a BertModel"),
    (
        SkipCause.NO_LANGUAGE_MODEL,
        {"pipeline_tag": None, "library": "timm", "has_safetensors": None},
        "nothing shows that it generates text",
    ),
    (SkipCause.GGUF_ONLY, {"has_safetensors": False, "is_gguf": True}, "no safetensors"),
    (SkipCause.GGUF_ONLY, {"has_safetensors": None, "file_kinds": frozenset({"gguf"})}, "no safetensors"),
    (SkipCause.PICKLE_ONLY, {"has_safetensors": False, "file_kinds": frozenset({"bin", "md"})}, "(bin)"),
    (SkipCause.GATED, {"is_gated": True}, "ask for access"),
    (SkipCause.REMOTE_CODE, {"needs_remote_code": True}, "auto_map"),
    (SkipCause.NO_COMMIT, {"revision": None}, "no record of it names one"),
    (SkipCause.TOO_LARGE, {"parameters": 70_000_000_000}, "70G weights take 168 GB, a bench has 40 GB"),
    (SkipCause.TOO_LARGE, {"id": "oak/big-70b", "parameters": None}, "70G weights take 168 GB"),
]


@pytest.mark.parametrize(("cause", "facts", "told"), CAUSES)
def test_every_cause_is_told(
    build: Build, make_model: Model, make_instrument: Make, cause: SkipCause, facts: dict[str, object], told: str
) -> None:
    """A model with this fact is never run, whatever the instrument, and the reason says why."""
    plan = build([], [make_model("oak/a"), make_model("oak/b", **facts)], [make_instrument()]).plan(
        SchedulePreferences()
    )
    assert [job.spec.model for job in plan.jobs] == ["oak/a"]
    (skipped,) = plan.skipped
    assert skipped.skip is not None
    assert (skipped.skip.cause, skipped.spec.instrument, skipped.priority) == (cause, "", 0)
    assert told in skipped.reason
    assert skipped.reason.startswith(f"{cause}: ")


@pytest.mark.parametrize(("cause", "facts", "told"), [row for row in CAUSES if row[1].get("id") is None])
def test_an_adapter_needs_its_base(
    build: Build, make_model: Model, make_instrument: Make, cause: SkipCause, facts: dict[str, object], told: str
) -> None:
    """What speaks against a base speaks against its adapters, and names the base."""
    lora = make_model("oak/lora", is_adapter=True, base="oak/base", parameters=None)
    plan = build([(1, 0)], [make_model("oak/base", **facts), lora], [make_instrument()]).plan(
        SchedulePreferences(), ["oak/lora"]
    )
    (skipped,) = plan.skipped
    assert skipped.skip is not None
    assert skipped.skip.cause is cause
    assert "its base oak/base: " in skipped.reason
    assert told in skipped.reason


@pytest.mark.parametrize(
    ("base", "told"), [(None, "none is named"), ("elm/gone", "elm/gone is not here"), ("oak/b", "is an adapter itself")]
)
def test_an_adapter_without_a_base_is_not_run(
    build: Build, make_model: Model, make_instrument: Make, base: str | None, told: str
) -> None:
    """There is nothing to attach it to."""
    models = [make_model("oak/a", is_adapter=True, base=base), make_model("oak/b", is_adapter=True, base="oak/a")]
    (skipped,) = build([], models, [make_instrument()]).plan(SchedulePreferences(), ["oak/a"]).skipped
    assert skipped.skip is not None
    assert skipped.skip.cause is SkipCause.NO_BASE
    assert told in skipped.reason


@pytest.mark.parametrize(
    "facts",
    [
        {"pipeline_tag": None, "architectures": ("LlamaForCausalLM",)},
        {"pipeline_tag": None, "architectures": None, "library": "transformers"},
        {"pipeline_tag": None, "architectures": None, "library": None, "has_safetensors": True},
        {"has_safetensors": None},
        {"has_safetensors": True, "is_gguf": True},
    ],
)
def test_what_is_not_told_does_not_count_against_a_model(
    build: Build, make_model: Model, make_instrument: Make, facts: dict[str, object]
) -> None:
    """A model of which little is known is run; the runner finds out."""
    plan = build([], [make_model("oak/a", **facts)], [make_instrument()]).plan(SchedulePreferences())
    assert len(plan.jobs) == 1
    assert not plan.skipped


def test_access_opens_a_gate_and_trust_allows_code(build: Build, make_model: Model, make_instrument: Make) -> None:
    """Only for the models that the user names."""
    models = [make_model(f"oak/{n}", is_gated=n < 2, needs_remote_code=n >= 2) for n in range(4)]
    access = Access(granted=frozenset({"oak/0", "oak/3"}), trusted=frozenset({"oak/2", "oak/1"}))
    plan = build([], models, [make_instrument()]).with_access(access).plan(SchedulePreferences())
    assert {job.spec.model for job in plan.jobs} == {"oak/0", "oak/2"}


def skips(plan: Schedule) -> dict[tuple[str, str], tuple[SkipCause, str | None]]:
    """Return cause and copied model of everything that is skipped."""

    def told(job: PlannedJob) -> tuple[SkipCause, str | None]:
        assert job.skip is not None
        return job.skip.cause, job.skip.same_as

    return {(job.spec.model, job.spec.instrument): told(job) for job in plan.skipped}


def test_measured_at_the_present_revision_is_not_measured_again(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """Only that pair of model and instrument is left out."""
    world = build(
        [],
        [make_model("oak/a"), make_model("oak/b")],
        [make_instrument("harm", 400, {0: 0.3}), make_instrument("bias")],
    )
    plan = world.plan(SchedulePreferences())
    assert skips(plan) == {("oak/a", "harm"): (SkipCause.MEASURED, None)}
    assert sorted((job.spec.model, job.spec.instrument) for job in plan.jobs) == [
        ("oak/a", "bias"),
        ("oak/b", "bias"),
        ("oak/b", "harm"),
    ]


def test_of_exact_copies_the_most_exposed_is_run(build: Build, make_model: Model, make_instrument: Make) -> None:
    """The others name it, so that its result can be linked."""
    models = [make_model(f"oak/{name}", fingerprint="f" if name in "abc" else None) for name in "abcd"]
    plan = build([], models, [make_instrument()], downloads=[5, 900, 70, 1]).plan(SchedulePreferences())
    assert {job.spec.model for job in plan.jobs} == {"oak/b", "oak/d"}
    assert skips(plan) == {(f"oak/{name}", "harm"): (SkipCause.IDENTICAL, "oak/b") for name in "ac"}


def test_a_measured_copy_stands_for_the_others(build: Build, make_model: Model, make_instrument: Make) -> None:
    """Also one that could not be run itself, and on that instrument alone."""
    models = [make_model("oak/a", fingerprint="f", is_gated=True), make_model("oak/b", fingerprint="f")]
    plan = build([], models, [make_instrument("harm", 400, {0: 0.3}), make_instrument("bias")]).plan(
        SchedulePreferences()
    )
    assert [(job.spec.model, job.spec.instrument) for job in plan.jobs] == [("oak/b", "bias")]
    assert skips(plan)["oak/b", "harm"] == (SkipCause.IDENTICAL, "oak/a")
    assert skips(plan)["oak/a", ""] == (SkipCause.GATED, None)


def test_a_server_keeps_files_that_do_not_run_here(build: Build, make_model: Model, make_instrument: Make) -> None:
    """GGUF alone, pickles, gated and too large ones are skipped here, and asked of a server; a broken commit never."""
    models = [
        make_model("oak/gguf", has_safetensors=False, file_kinds=frozenset({"gguf"})),
        make_model("oak/pickle", has_safetensors=False, file_kinds=frozenset({"bin"})),
        make_model("oak/gated", is_gated=True),
        make_model("oak/huge", parameters=10**13),
        make_model("oak/unknown", revision=None),
    ]
    pool = build([], models, [make_instrument()]).pool
    refused = {model.id: pool.refuse(model) for model in models}
    assert {name: None if one is None else one.cause for name, one in refused.items()} == {
        "oak/gguf": SkipCause.GGUF_ONLY,
        "oak/pickle": SkipCause.PICKLE_ONLY,
        "oak/gated": SkipCause.GATED,
        "oak/huge": SkipCause.TOO_LARGE,
        "oak/unknown": SkipCause.NO_COMMIT,
    }
    served = replace(pool, is_served=True)
    assert [model.id for model in models if served.refuse(model) is not None] == ["oak/unknown"]


def test_unknown_sizes_are_those_of_the_name_the_family_or_usual(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """The record comes first; where nothing tells, seven billion; an adapter runs with the weights of its base."""
    world = build([], [make_model("oak/a")], [make_instrument()])
    pool = CandidatePool(candidates={}, hardware=world.pool.hardware)
    assert pool.size(make_model("oak/tree-13b", parameters=5)) == 5
    assert pool.size(make_model("oak/tree-13b", parameters=None)) == 13_000_000_000
    known = pool.with_family_sizes([make_model(f"oak/tree-{n}b", parameters=None) for n in (1, 3, 70)])
    assert known.size(make_model("oak/tree", parameters=None)) == 3_000_000_000
    assert pool.size(make_model("oak/tree", parameters=None)) == USUAL_PARAMETERS
    pair = CandidatePool(candidates={"oak/base-3b": make_model("oak/base-3b", parameters=None)}, hardware=pool.hardware)
    lora = make_model("oak/lora", is_adapter=True, base="oak/base-3b", parameters=10_000_000)
    assert pair.parameters(lora) == 3_010_000_000
    assert pair.weight_bytes(lora) == 20_000_000
    assert pair.weight_bytes(make_model("oak/x", weight_bytes=17)) == 17


@pytest.mark.parametrize(
    ("name", "size"),
    [("oak/tree-7B-chat", 7_000_000_000), ("oak/tree-350m", 350_000_000), ("oak/7b-or-13b", None), ("oak/tree", None)],
)
def test_a_name_tells_a_size(name: str, size: int | None) -> None:
    """One count is taken, several are none."""
    assert named_size(name) == size
