"""Files of lm-evaluation-harness that are refused: where the fault is, and that no other error comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ImportRefused
from evaluation.imports import lm_eval

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.evaluation.imports.conftest import Harness


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan"), float("inf"), "0.5", None, [1], 10**400])
def test_a_value_that_is_none_is_refused_with_its_place(harness: type[Harness], tmp_path: Path, value: object) -> None:
    """Outside of the range, no number or no finite one: the place in the results is named."""
    path = harness.write(tmp_path, harness.results({"maple_mc": {"acc,none": value}}))
    assert harness.refused(path, ".").place == "results.maple_mc.acc,none"


@pytest.mark.parametrize("value", [1.5, float("nan"), None])
def test_an_item_outside_of_the_range_is_refused_with_its_line(
    harness: type[Harness], tmp_path: Path, value: object
) -> None:
    """The line and the metric are named."""
    lines = {"maple_mc": [harness.sample(0, acc=1), harness.sample(1, acc=value)]}
    path = harness.write(tmp_path, harness.results({"maple_mc": {"acc,none": 1}}, samples=lines), lines)
    assert harness.refused(path).place == "line 2.acc"


def test_a_changed_value_is_refused(harness: type[Harness], tmp_path: Path) -> None:
    """A mean that the samples do not have means that one of the files was changed."""
    lines = {"maple_mc": [harness.sample(0, acc=1), harness.sample(1, acc=0)]}
    path = harness.write(tmp_path, harness.results({"maple_mc": {"acc,none": 0.75}}, samples=lines), lines)
    assert harness.refused(path, "the mean of samples_maple_mc").place == "results.maple_mc.acc,none"


def test_samples_of_another_run_are_refused(harness: type[Harness], tmp_path: Path) -> None:
    """The hash over all samples tells, and where it is missing their number."""
    lines = {"maple_mc": [harness.sample(0, acc=1), harness.sample(1, acc=0)]}
    document = harness.results({"maple_mc": {"acc,none": 0.5}}, samples=lines)
    other = {"maple_mc": [harness.sample(2, acc=1), harness.sample(3, acc=0)]}
    harness.refused(harness.write(tmp_path / "a", document, other), "other samples")
    fewer = {"maple_mc": [harness.sample(number, acc=number % 2) for number in range(4)]}
    harness.refused(harness.write(tmp_path / "b", document | {"task_hashes": {}}, fewer), "has 4 samples")


def test_one_document_twice_under_one_number_is_refused(harness: type[Harness], tmp_path: Path) -> None:
    """A file to which two runs were appended is not read."""
    lines = {"maple_mc": [harness.sample(0, acc=1), harness.sample(0, acc=1)]}
    error = harness.refused(
        harness.write(tmp_path, harness.results({"maple_mc": {"acc,none": 1}}, samples=lines), lines), "comes twice"
    )
    assert error.place == "line 2"


def test_hostile_documents_are_refused(harness: type[Harness], tmp_path: Path) -> None:
    """Deep nesting, no mapping, control characters and texts without end are refused, never raised."""
    path = tmp_path / f"results_{harness.time}.json"
    for text in (
        "[" * 100_000,
        "[]",
        '{"results": 3}',
        '{"results": {}}',
        '{"results": {"a": 3}}',
        "",
        "\xff",
        "1" * 9999,
    ):
        path.write_text(text, "latin-1")
        harness.refused(path, ".")
    for model in ("a/\u202eb", "a/" + "b" * 600, "\ud800"):
        harness.refused(harness.run(tmp_path, [1], config={"model_args": {"pretrained": model}}), "a text")
    harness.refused(tmp_path / "results_absent.json", "No such file")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_broken_file_is_refused_or_read_as_it_was(
    harness: type[Harness], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut anywhere or with any byte changed, a file is refused or gives values in range, and nothing else is raised."""
    path = harness.run(tmp_path_factory.mktemp("run"), [1, 0, 1])
    broken = data.draw(st.sampled_from([path, path.with_name(f"samples_maple_mc_{harness.time}.jsonl")]))
    content = broken.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    cut = data.draw(st.booleans())
    replaced = bytes([data.draw(st.integers(0, 255))])
    broken.write_bytes(content[:place] if cut else content[:place] + replaced + content[place + 1 :])
    try:
        found = lm_eval.read(path, harness.wanted)
    except ImportRefused as refusal:
        assert refusal.path in {path, broken}  # noqa: PT017 - either outcome is right, of this one the file is checked
        return
    for score in found.scores:
        assert score.instrument.holds(score.value)
        assert score.value == pytest.approx(2 / 3) or score.item_scores is None


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=20), seed=st.randoms(use_true_random=False))
def test_what_is_written_is_read(
    harness: type[Harness], tmp_path_factory: pytest.TempPathFactory, values: list[float], seed: Random
) -> None:
    """Whatever the order of the lines, every item has its value again, and the score is their mean."""
    lines = [harness.sample(number, acc=value) for number, value in enumerate(values)]
    seed.shuffle(lines)
    samples = {"maple_mc": lines}
    document = harness.results({"maple_mc": {"acc,none": float(np.mean(values))}}, samples=samples)
    score = harness.only(lm_eval.read(harness.write(tmp_path_factory.mktemp("run"), document, samples), harness.wanted))
    assert dict(zip(harness.items(score).items, harness.items(score).values.tolist(), strict=True)) == {
        harness.sha(f"question {number}"): value for number, value in enumerate(values)
    }
