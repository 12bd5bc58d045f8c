"""Files that are read with another one, so that a folder of runs is read once: which ones, and which other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evaluation.imports import every_eval_ever, helm, lm_eval
from evaluation.imports.run import IMPORTERS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation.imports.conftest import Harness

RECORD = {"schema_version": "0.2.2", "evaluation_id": "e", "evaluation_results": []}
SAMPLE = {"schema_version": "0.2.2", "evaluation_id": "e", "sample_id": 1}


def write(path: Path, content: object) -> Path:
    """Write a document on one line."""
    path.write_text(f"{json.dumps(content)}\n")
    return path


def test_samples_belong_to_the_results_of_their_time(tmp_path: Path, harness: type[Harness]) -> None:
    """Results stand for themselves; samples belong to them, and to nothing once they are gone."""
    results = harness.run(tmp_path, [1, 0])
    (samples,) = tmp_path.glob("samples_*")
    assert (lm_eval.part_of(results), lm_eval.part_of(samples)) == (None, results)
    renamed = results.rename(results.with_name(results.name.replace("results", "mine")))
    assert lm_eval.part_of(samples) == renamed
    renamed.unlink()
    assert lm_eval.part_of(samples) is None


def test_statistics_belong_to_the_specification(tmp_path: Path) -> None:
    """All files of a run of HELM lead to the one that names the model."""
    spec = tmp_path / helm.RUN_SPEC
    assert [helm.part_of(tmp_path / name) for name in (helm.RUN_SPEC, helm.ITEMS, helm.TOTALS)] == [None, spec, spec]


@pytest.mark.parametrize("suffix", ["", "_samples"])
def test_samples_belong_to_the_record_of_their_name(tmp_path: Path, suffix: str) -> None:
    """Samples of Every Eval Ever belong to a record of the same name, and not to other documents."""
    record, samples = tmp_path / "a.json", write(tmp_path / f"a{suffix}.jsonl", SAMPLE)
    assert every_eval_ever.part_of(samples) is None
    write(record, SAMPLE)
    assert every_eval_ever.part_of(samples) is None
    write(record, RECORD)
    assert (every_eval_ever.part_of(record), every_eval_ever.part_of(samples)) == (None, record)


def test_what_is_not_read_with_the_record_stands_for_itself(tmp_path: Path) -> None:
    """Of two files of samples the record is read with one; lines that are records are samples of nothing."""
    record, read = write(tmp_path / "a.json", RECORD), write(tmp_path / "a.jsonl", SAMPLE)
    other = write(tmp_path / "a_samples.jsonl", SAMPLE)
    assert [every_eval_ever.part_of(path) for path in (read, other)] == [record, None]
    write(read, RECORD)
    assert [every_eval_ever.part_of(path) for path in (read, other)] == [None, record]


def test_other_forms_have_no_parts(tmp_path: Path) -> None:
    """A log of Inspect and a table stand for themselves."""
    assert [IMPORTERS[form].part_of(tmp_path / "a.json") for form in IMPORTERS if form in {"inspect", "table"}] == [
        None
    ] * 2
