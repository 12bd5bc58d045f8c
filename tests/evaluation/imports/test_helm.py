"""Runs of HELM: items and totals, perturbations and trials, and what is refused.

The folders are built after the records of crfm-helm's source.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ImportRefused
from evaluation.imports import helm
from evaluation.imports.interface import FileScores, ImportSettings
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "maple:subject=law,method=multiple_choice_joint,model=grove_maple-7b"
TYPOS = {"name": "typos", "robustness": True, "prob": 0.1}
CASE = {"name": "lower", "robustness": True}
Document = Any  # what a document may be, also a wrong one


def instrument(name: str, *tasks: str, judge: str | None = None) -> Instrument:
    """Return an instrument from 0 to 1."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.SAFETY_KNOWLEDGE,
        direction=Direction.HIGHER_IS_SAFER,
        low=0,
        high=1,
        scale=Scale.RATE,
        tasks=tasks,
        judge=judge,
    )


WANTED = ImportSettings(
    catalogue=Catalogue.of(
        [
            instrument("maple_law", "helm:maple:subject=law/exact_match"),
            instrument("maple_soft", "helm:maple/quasi_match"),
            instrument("grove_tone", "helm:grove_group/tone", judge="birch"),
        ]
    )
)


def stat(metric: str, value: object, split: str | None = "test", **changes: Document) -> Document:
    """Return one statistic; a null value is one that counted nothing."""
    name = {"name": metric} | ({"split": split} if split else {}) | changes
    return {"name": name, "count": 0} if value is None else {"name": name, "count": 1, "sum": value, "mean": value}


def entry(number: int, *stats: Document, trial: int = 0, perturbation: Document = None) -> Document:
    """Return the statistics of one instance."""
    altered = {} if perturbation is None else {"perturbation": perturbation}
    return {"instance_id": f"id{number}", "train_trial_index": trial, "stats": list(stats)} | altered


def write(folder: Path, **documents: Document) -> Path:
    """Write a run's folder, with a specification of its own unless one is given; return the path of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in ({"run_spec": spec()} | documents).items():
        (folder / f"{name}.json").write_text(json.dumps(document, indent=2), "utf-8")
    return folder / "run_spec.json"


def spec(adapter: Document = None, **changes: Document) -> Document:
    """Return a run's specification."""
    asked = {
        "method": "multiple_choice_joint",
        "instructions": "Answer.",
        "max_train_instances": 5,
        "temperature": 0.0,
        "max_tokens": 1,
        "model": "grove/maple-7b",
        "model_deployment": "huggingface/maple-7b",
    }
    return {
        "name": NAME,
        "scenario_spec": {"class_name": "maple.MapleScenario", "args": {"subject": "law"}},
        "adapter_spec": asked | (adapter or {}),
        "groups": ["grove_group"],
    } | changes


def read(path: Path) -> FileScores:
    """Read the run of a file."""
    return helm.read(path, WANTED)


def refused(path: Path, problem: str) -> ImportRefused:
    """Read a run that must be refused for a reason."""
    with pytest.raises(ImportRefused, match=problem) as caught:
        read(path)
    return caught.value


def test_items_are_read_from_any_file_of_the_run(tmp_path: Path) -> None:
    """Three files lead to one run, and metrics that nobody knows are said."""
    items = [entry(number, stat("exact_match", number % 2), stat("length", 9)) for number in range(4)]
    path = write(tmp_path, per_instance_stats=items, stats=[stat("exact_match", 0.5), stat("length", 9)])
    (score,) = read(path).scores
    assert score.item_scores is not None
    assert score.item_scores.items == tuple(f"maple:subject=law/id{number}" for number in range(4))
    assert score.item_scores.values.tolist() == [0, 1, 0, 1]
    assert (score.model, score.value, score.items, score.stderr) == ("grove/maple-7b", 0.5, 4, None)
    assert (score.identity.scorer, score.identity.decoding) == (
        "exact_match,test",
        '{"max_tokens":1,"temperature":0.0}',
    )
    assert score.origin == f"helm {NAME}, huggingface/maple-7b"
    for name in ("per_instance_stats.json", "stats.json", "run_spec.json"):
        beside = path.with_name(name)
        assert helm.recognises(beside, beside.read_bytes()[:4096])
        assert [one.run for one in read(beside).scores] == [score.run]
        assert [one.what for one in read(beside).skipped] == ["maple:subject=law length"]
    assert not helm.recognises(tmp_path / "scenario.json", b"{}")


def test_totals_alone_are_a_summary(tmp_path: Path) -> None:
    """Without items there is one value a split, and the instances give the count."""
    stats = [
        stat("exact_match", 0.25),
        stat("exact_match", 0.1, perturbation=TYPOS),
        stat("exact_match", 0.9, sub_split="hard"),
        stat("exact_match", None, split="valid"),
    ]
    instances = [{"id": "id0"}, {"id": "id0", "perturbation": TYPOS}, {"id": "id1"}]
    (score,) = read(write(tmp_path / "a", stats=stats, instances=instances)).scores
    assert (score.value, score.items, score.item_scores) == (0.25, 2, None)
    assert read(write(tmp_path / "b", stats=stats)).scores[0].items is None


def test_trials_are_averaged_and_entries_of_several_metrics_joined(tmp_path: Path) -> None:
    """An instance that comes in several entries and trials is one item."""
    items = [
        entry(0, stat("exact_match", 1), trial=0),
        entry(0, stat("exact_match", 0), trial=1),
        entry(0, stat("quasi_match", 1), trial=0),
        entry(0, stat("quasi_match", 1), trial=0),
        entry(1, stat("exact_match", None)),
    ]
    found = read(write(tmp_path, per_instance_stats=items)).scores
    assert [(score.identity.scorer, score.value, score.items) for score in found] == [
        ("exact_match,test", 0.5, 1),
        ("quasi_match,test", 1.0, 1),
    ]


def test_perturbed_items_are_clustered_apart(tmp_path: Path) -> None:
    """Variants of an instance are items of another score, in one cluster; another setting is another item."""
    items = [entry(0, stat("exact_match", 1))]
    items += [
        entry(0, stat("exact_match", 0, perturbation=how), perturbation=how)
        for how in (TYPOS, CASE, TYPOS | {"prob": 0.2})
    ]
    plain, perturbed = read(write(tmp_path, per_instance_stats=items, stats=[stat("exact_match", 1)])).scores
    assert (plain.value, plain.identity.scorer) == (1, "exact_match,test")
    assert (perturbed.value, perturbed.identity.scorer) == (0, "exact_match,test,perturbed")
    assert perturbed.item_scores is not None
    assert plain.item_scores is not None
    assert len(set(perturbed.item_scores.items)) == 3
    assert perturbed.item_scores.clusters == plain.item_scores.items * 3


IDENTITIES: list[tuple[Document, Sequence[str]]] = [
    ({"model": "elm/leaf", "model_deployment": "huggingface/leaf"}, ()),
    ({"instructions": "Answer well."}, ("template",)),
    ({"max_train_instances": 0}, ("template",)),
    ({"temperature": 1.0}, ("decoding",)),
]


@pytest.mark.parametrize(("adapter", "differences"), IDENTITIES)
def test_the_prompt_and_not_the_model_makes_the_identity(
    tmp_path: Path, adapter: Document, differences: Sequence[str]
) -> None:
    """A base and its derivative, asked alike, compare."""
    items = [entry(0, stat("exact_match", 1))]
    base = read(write(tmp_path / "a", per_instance_stats=items)).scores[0]
    other = read(write(tmp_path / "b", per_instance_stats=items, run_spec=spec(adapter))).scores[0]
    assert other.identity.differences(base.identity) == tuple(differences)


def test_a_revision_follows_the_model(tmp_path: Path) -> None:
    """`org/name@revision` is taken apart, and both go where the user names another model."""
    path = write(
        tmp_path, per_instance_stats=[entry(0, stat("exact_match", 1))], run_spec=spec({"model": "elm/leaf@v2"})
    )
    assert [(score.model, score.revision) for score in read(path).scores] == [("elm/leaf", "v2")]
    named = helm.read(path, ImportSettings(catalogue=WANTED.catalogue, model="elm/twig")).scores
    assert [(score.model, score.revision) for score in named] == [("elm/twig", None)]


def test_annotators_judge_what_needs_a_judge(tmp_path: Path) -> None:
    """They are named for an instrument that a model judges, and for no other."""
    judged = spec(annotators=[{"class_name": "maple.BirchAnnotator", "args": {}}])
    items = [entry(0, stat("exact_match", 1), stat("tone", 1))]
    plain, tone = read(write(tmp_path, per_instance_stats=items, run_spec=judged)).scores
    assert plain.identity.judge is None
    assert tone.identity.judge is not None
    assert tone.identity.judge.startswith("BirchAnnotator@")


FAULTS: list[tuple[dict[str, Document], str, str | None]] = [
    ({"per_instance_stats": [entry(0, stat("exact_match", 2))]}, "outside", "entry 1.stats.entry 1.mean"),
    ({"per_instance_stats": [entry(0, stat("exact_match", float("nan")))]}, "finite", "entry 1.stats.entry 1.mean"),
    (
        {"per_instance_stats": [entry(0, stat("exact_match", 1), stat("exact_match", 0))]},
        "told twice",
        "entry 1.stats.entry 2.mean",
    ),
    (
        {"per_instance_stats": [entry(0, stat("exact_match", 1))], "stats": [stat("exact_match", 0.5)]},
        "the mean of per_instance_stats.json is 1",
        "entry 1.mean",
    ),
    ({"stats": [stat("exact_match", "1")]}, "finite", "entry 1.mean"),
    ({"stats": {}}, "not a list", None),
    ({}, "are missing", None),
    (
        {"stats": [], "run_spec": spec({"model": "", "model_deployment": ""})},
        "no model",
        "adapter_spec.model_deployment",
    ),
    ({"stats": [], "run_spec": spec(name=None)}, "no name", "name"),
    ({"stats": [], "run_spec": spec(name="maple\u202e")}, "control", "name"),
]


@pytest.mark.parametrize(("documents", "problem", "place"), FAULTS)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, documents: dict[str, Document], problem: str, place: str | None
) -> None:
    """Nothing of such a run is read."""
    assert refused(write(tmp_path, **documents), problem).place == place


def test_a_run_without_its_specification_is_refused(tmp_path: Path) -> None:
    """The file that is missing is named."""
    path = write(tmp_path, stats=[])
    path.unlink()
    assert refused(tmp_path / "stats.json", "No such file").path == path


@settings(max_examples=80, deadline=None)
@given(data=st.data(), name=st.sampled_from(["run_spec", "per_instance_stats", "stats"]))
def test_a_broken_run_is_refused_or_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    """Cut anywhere or with any byte changed, a run is refused or gives values in range; nothing else is raised."""
    items = [entry(number, stat("exact_match", number)) for number in range(2)]
    path = write(tmp_path_factory.mktemp("run"), per_instance_stats=items, stats=[stat("exact_match", 0.5)])
    broken = path.with_name(f"{name}.json")
    content = broken.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    replaced = bytes([data.draw(st.integers(0, 255))])
    cut = data.draw(st.booleans())
    broken.write_bytes(content[:place] if cut else content[:place] + replaced + content[place + 1 :])
    try:
        found = read(path)
    except ImportRefused as refusal:
        assert refusal.path.parent == path.parent  # noqa: PT017 - either outcome is right; of this one the path is checked
        return
    assert not cut
    assert all(score.instrument.holds(score.value) for score in found.scores)


def test_runs_of_helm_safety_are_known(tmp_path: Path) -> None:
    """The shipped catalogue has its judged refusals, whose items lie between 0 and 1, and the parts of MMLU."""
    wanted = ImportSettings(catalogue=default_catalogue())
    items = [entry(number, stat("safety_score", value)) for number, value in enumerate((0, 0.25, 0.5, 1))]
    for name, known in (
        ("harm_bench", "helm_harm_bench"),
        ("harm_bench_gcg_transfer", "helm_harm_bench_gcg"),
        ("simple_safety_tests", "helm_simple_safety_tests"),
        ("anthropic_red_team", "helm_anthropic_red_team"),
    ):
        run = spec(name=f"{name}:model=grove_maple-7b", groups=[name])
        (score,) = helm.read(write(tmp_path / name, run_spec=run, per_instance_stats=items), wanted).scores
        assert (score.instrument.name, score.value, score.items) == (known, 0.4375, 4)
    right = [entry(number, stat("exact_match", number % 2)) for number in range(4)]
    for name, known in (
        ("bbq:subject=all,method=multiple_choice_joint", "bbq"),
        ("mmlu:subject=professional_law,method=multiple_choice_joint", "mmlu_professional_law"),
    ):
        run = spec(name=f"{name},model=grove_maple-7b", groups=[name.partition(":")[0]])
        (score,) = helm.read(write(tmp_path / known, run_spec=run, per_instance_stats=right), wanted).scores
        assert (score.instrument.name, score.value) == (known, 0.5)


def instance(number: int, label: str) -> Document:
    """Return one instance of XSTest, which is labelled by a reference."""
    references = [{"output": {"text": "a focus"}, "tags": []}, {"output": {"text": label}, "tags": ["correct"]}]
    return {"id": f"id{number}", "input": {"text": f"prompt {number}"}, "references": references, "split": "test"}


def test_the_halves_of_xstest_are_scores_of_their_own(tmp_path: Path) -> None:
    """Help on harmless prompts and refusal of harmful ones are told apart by the instances, and left out without."""
    wanted = ImportSettings(catalogue=default_catalogue())
    run = spec(name="xstest:model=grove_maple-7b", groups=["xstest"], annotators=[{"class_name": "h.XSTestAnnotator"}])
    items = [entry(number, stat("safety_score", value)) for number, value in enumerate((1, 0.5, 0, 1, 1))]
    beside = {"per_instance_stats": items, "stats": [stat("safety_score", 0.7)], "run_spec": run}
    labels = [instance(number, "safe" if number < 3 else "unsafe") for number in range(5)]
    safe, unsafe = helm.read(write(tmp_path / "whole", instances=labels, **beside), wanted).scores
    assert (safe.instrument.name, safe.value, safe.items) == ("helm_xstest_safe", 0.5, 3)
    assert (unsafe.instrument.name, unsafe.value, unsafe.items) == ("helm_xstest_unsafe", 1.0, 2)
    assert safe.item_scores is not None
    assert safe.item_scores.items[0] == "xstest:label=safe/id0"
    assert (safe.identity.judge or "").startswith("XSTestAnnotator@")
    bare = helm.read(write(tmp_path / "bare", **beside), wanted)
    assert (bare.scores, [one.what for one in bare.skipped]) == ((), ["xstest safety_score"])
    for name, changes, problem in (
        ("total", {"instances": labels, "stats": [stat("safety_score", 0.9)]}, "but the mean of"),
        ("fewer", {"instances": labels[:4]}, "it is not in instances.json"),
        ("bare label", {"instances": [*labels[:4], {"id": "id4"}]}, "without the label"),
    ):
        with pytest.raises(ImportRefused, match=problem):
            helm.read(write(tmp_path / name, **(beside | changes)), wanted)
