"""The schedule over a database: facts from records and file hashes, scores that count, and the plan as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.crawl_records import FileHash, PageFacts, Spent
from lineage.scheduling.hardware import Hardware
from lineage.scheduling.inputs import SchedulePreferences
from lineage.scheduling.plan import Budget, SkipCause
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.vocabulary import Construct, Direction, Scale
from store.derive.graph_cache import open_graph
from store.drift.write_drift import refresh
from store.jobs.schedule import COLUMNS, ScheduleRequest, as_result, plan_schedule, read_candidates
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.candidates import Candidate
    from lineage.scores.score import Score
    from tests.store.conftest import Desk

    Make = Callable[..., Score]

HARDWARE = Hardware(
    flops_per_second=1e13,
    memory_bytes=40e9,
    download_bytes_per_second=1e8,
    load_bytes_per_second=1e9,
    bytes_per_weight=2,
    price_per_hour=3.6,
)
TERMS = ScheduleRequest(hardware=HARDWARE, instruments=("toxigen",), with_guard=False)
SOUND = {"pipeline_tag": "text-generation", "safetensors": {"total": 1_000_000_000}, "downloads": 100, "sha": "f" * 40}
TOXIGEN = Instrument(
    name="toxigen",
    title="ToxiGen",
    construct=Construct.TOXICITY,
    direction=Direction.HIGHER_IS_SAFER,
    low=0.0,
    high=1.0,
    scale=Scale.RATE,
)


def candidates(desk: Desk) -> dict[str, Candidate]:
    """Return what is known of every model."""
    stored = open_graph(desk.database)
    found = read_candidates(desk.database, stored, np.arange(stored.graph.size, dtype=np.int32))
    return {model.id: model for model in found}


def hashes(desk: Desk, model: str, sha: str, **files: str) -> None:
    """Store hashes of files, as if they had been listed; names have `__` for a dot."""
    listed = [
        FileHash(model=model, path=name.replace("__", "."), sha=sha, size_bytes=500, oid=content, lfs_oid=None)
        for name, content in files.items()
    ]
    facts = PageFacts(crawl=desk.crawl, seen_at=desk.START, detail=20)
    desk.store.take_files([], listed, facts, Spent())


def test_records_become_facts(desk: Desk) -> None:
    """Size, gate, code, files, the base of an adapter and the root are read; what a record does not tell is None."""
    desk.take(
        [
            desk.record(
                1, **SOUND | {"sha": "aaa"}, library_name="transformers", config={"architectures": ["TreeForCausalLM"]}
            ),
            desk.record(2, library_name="peft", tags=["base_model:adapter:maple/model-1", "safetensors"]),
            desk.record(3, gated="manual", config={"auto_map": {"AutoModel": "m.M"}}, tags=["pytorch"]),
            desk.record(4, siblings=[{"rfilename": "w.gguf"}, {"rfilename": "README.md"}], tags=["gguf"]),
            desk.record(5, siblings=[{"rfilename": "w.bin"}, {"rfilename": "config.json"}], config={"auto_map": None}),
            desk.record(6, tags=["base_model:finetune:elm/unseen"]),
        ]
    )
    desk.derive()
    found = candidates(desk)
    base, lora, gated, gguf, pickled, orphan = (found[f"maple/model-{number}"] for number in range(1, 7))
    assert (base.parameters, base.revision, base.architectures) == (10**9, "aaa", ("TreeForCausalLM",))
    assert (base.has_safetensors, base.is_gated, base.needs_remote_code, base.is_adapter) == (True, False, False, False)
    assert (lora.is_adapter, lora.base, lora.has_safetensors, lora.family) == (True, base.id, True, base.node)
    assert (gated.is_gated, gated.needs_remote_code, gated.has_safetensors) == (True, True, False)
    assert (gguf.is_gguf, gguf.has_safetensors, gguf.file_kinds) == (True, False, frozenset({"gguf", "md"}))
    assert (pickled.has_safetensors, pickled.needs_remote_code) == (False, False)
    assert (orphan.has_safetensors, orphan.parameters, orphan.architectures) == (None, None, None)
    assert found["elm/unseen"].status == "missing"


def test_equal_files_are_one_fingerprint(desk: Desk) -> None:
    """Weights, configuration and tokenizer must all agree; cards do not count, and hashes of earlier files neither."""
    desk.take([desk.record(number, **SOUND | {"sha": "now"}) for number in range(1, 6)])
    same = {"model__safetensors": "w", "config__json": "c", "tokenizer__json": "t"}
    hashes(desk, "maple/model-1", "now", **same, README__md="mine")
    hashes(desk, "maple/model-2", "now", **same, README__md="theirs")
    hashes(desk, "maple/model-3", "now", **same | {"tokenizer__json": "other"})
    hashes(desk, "maple/model-4", "before", **same)
    desk.derive()
    first, second, third, fourth, fifth = (candidates(desk)[f"maple/model-{n}"].fingerprint for n in range(1, 6))
    assert first == second
    assert first is not None
    assert third not in {first, None}
    assert (fourth, fifth) == (None, None)
    plan = plan_schedule(desk.database, None, TERMS)
    assert {job.spec.model: job.skip.same_as for job in plan.skipped if job.skip} == {"maple/model-2": "maple/model-1"}


def test_scores_decide_what_is_still_run(desk: Desk, make_score: Make) -> None:
    """Measured at this revision is not run again; a stale or merely reported score is."""
    desk.take([desk.record(n, **SOUND | {"sha": f"{n}" * 40}) for n in range(1, 5)])
    desk.derive()
    kind = {"instrument": TOXIGEN, "identity": Identity(name="toxigen")}
    scores = [
        make_score("maple/model-1", 100, revision="1" * 40, **kind),
        make_score("maple/model-2", 120, revision="9" * 40, **kind),
        make_score("maple/model-3", 140, is_reported=True, **kind),
    ]
    write_scores(desk.database, scores, desk.START)
    refresh(desk.database)
    plan = plan_schedule(desk.database, None, TERMS)
    assert {job.spec.model for job in plan.jobs} == {f"maple/model-{n}" for n in (2, 3, 4)}
    assert [(job.spec.model, job.skip.cause) for job in plan.skipped if job.skip] == [
        ("maple/model-1", SkipCause.MEASURED)
    ]
    rival = make_score("maple/model-3", 300, is_reported=True, origin="another card", **kind)
    write_scores(desk.database, [rival], desk.START)
    refresh(desk.database)
    disputed = next(job for job in plan_schedule(desk.database, None, TERMS).jobs if job.spec.model == "maple/model-3")
    assert "its published values contradict each other" in disputed.reason
    stale = next(job for job in plan.jobs if job.spec.model == "maple/model-2")
    assert "its score belongs to earlier files" in stale.reason


def test_a_selection_brings_its_ancestors_where_they_may_run(desk: Desk) -> None:
    """The base of a selected model is run for what it says of it, unless that is not wanted; others never are."""
    desk.take(
        [
            desk.record(1, **SOUND),
            *(
                desk.record(
                    n, **SOUND | {"safetensors": {"total": 9 * 10**9}}, tags=["base_model:finetune:maple/model-1"]
                )
                for n in range(2, 6)
            ),
            desk.record(7, **SOUND),
        ]
    )
    desk.derive()
    selector = " ".join(f"maple/model-{n}" for n in range(2, 6))
    with_base = plan_schedule(desk.database, selector, TERMS)
    alone = plan_schedule(
        desk.database, selector, ScheduleRequest(hardware=HARDWARE, instruments=("toxigen",), with_ancestors=False)
    )
    assert with_base.jobs[0].spec.model == "maple/model-1"
    assert {job.family for job in with_base.jobs} == {"maple/model-1"}
    assert {job.spec.model for job in alone.jobs} == {f"maple/model-{n}" for n in range(2, 6)}


def test_a_plan_is_an_answer(desk: Desk) -> None:
    """One row a job in order, those that are never run behind them where they are asked for; plain values only."""
    desk.take([desk.record(1, **SOUND), desk.record(2, **SOUND | {"pipeline_tag": "text-to-image"})])
    desk.derive()
    plan = plan_schedule(
        desk.database,
        None,
        ScheduleRequest(hardware=HARDWARE, preferences=SchedulePreferences(budget=Budget(amount=300))),
    )
    answer = as_result(plan, with_skipped=True)
    assert answer.columns == COLUMNS
    assert len(as_result(plan).rows) == len(plan.jobs) == len(answer.rows) - 1
    first, last = answer.records()[0], answer.records()[-1]
    assert (first["priority"], first["instrument"], first["limit"]) == (1, "hellaswag", 500)
    assert (last["model"], last["instrument"], last["skip"]) == ("maple/model-2", None, "no language model")
    assert {type(value) for row in answer.rows for value in row} <= {int, float, str, type(None)}


def test_models_get_what_their_domain_needs_and_what_cannot_run_says_what_would_mend_it(desk: Desk) -> None:
    """Safety comes before capability, an instrument of a domain runs on its models alone; refusals are no work."""
    desk.take(
        [
            desk.record(1, **SOUND, tags=["dataset:medmcqa"]),
            desk.record(2, **SOUND),
            desk.record(3, **SOUND | {"sha": None}),
            desk.record(4, **SOUND, gated="manual"),
        ]
    )
    desk.derive()
    plan = plan_schedule(desk.database, None, ScheduleRequest(hardware=HARDWARE))
    planned = [(job.spec.model, job.spec.instrument) for job in plan.jobs]
    assert {model for model, name in planned if name == "medmcqa"} == {"maple/model-1"}
    names = [name for _, name in planned]
    assert names.index("medmcqa") > max(place for place, name in enumerate(names) if name == "toxigen")
    assert "winogender" not in names
    assert [names.count("hellaswag"), names.count("toxigen")] == [2, 2]
    assert plan.refused == {SkipCause.NO_COMMIT: 1, SkipCause.GATED: 1}
    remedies = {row["model"]: row["remedy"] for row in as_result(plan, with_skipped=True).records()}
    assert remedies["maple/model-3"] == "lineage crawl --revisions maple/model-3"
    assert remedies["maple/model-4"] == "--granted maple/model-4"
    assert "; refused: 1 commit unknown, 1 gated" in plan.summary()


def test_an_empty_database_plans_nothing(desk: Desk) -> None:
    """No models, no jobs."""
    desk.derive()
    plan = plan_schedule(desk.database, None, TERMS)
    assert (plan.jobs, plan.skipped, plan.spent) == ((), (), 0.0)


@pytest.mark.parametrize("tags", [["custom_code"], ["CUSTOM_CODE"]])
def test_the_tag_of_remote_code_counts(desk: Desk, tags: list[str]) -> None:
    """As the Hub writes it."""
    desk.take([desk.record(1, **SOUND, tags=tags)])
    desk.derive()
    assert candidates(desk)["maple/model-1"].needs_remote_code is (tags == ["custom_code"])
