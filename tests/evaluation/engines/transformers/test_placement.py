"""A model on several devices: what is decided, and that a model in parts answers as one in one place does.

There is no second device here: the parts lie in memory and on the disk, which go through the same hooks of accelerate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Weights
from evaluation.engines.tasks.encoding import Pair
from evaluation.engines.tasks.generation_settings import GenerationSettings
from evaluation.engines.transformers import load_model as loading
from evaluation.engines.transformers.downloads import Snapshot
from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
from evaluation.engines.transformers.model_backend import TransformersBackend
from evaluation.engines.transformers.placement import devices_of, free_rooms, placing, weights_bytes
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path

GB = 10**9


def in_parts(folder: Path, offload: Path, model: Any) -> Any:
    """Load a model whose second half lies on the disk."""
    from transformers import AutoModelForCausalLM

    names = [name for name, _ in model.model.named_children() if name != "layers"]
    layers = len(model.model.layers)
    places = {f"model.{name}": "cpu" for name in names} | {"lm_head": "cpu"}
    places |= {f"model.layers.{number}": "cpu" if number < layers / 2 else "disk" for number in range(layers)}
    found: Any = AutoModelForCausalLM.from_pretrained(folder, device_map=places, offload_folder=str(offload))
    return found.eval()


def test_a_model_that_fits_one_device_is_not_spread() -> None:
    """It goes where most is free; on a processor, and where one device is all there is, nothing is chosen."""
    assert placing("ash/base", "cpu", 100 * GB, {}) == {"device_map": None}
    assert placing("ash/base", "cuda", 100 * GB, {}) == {"device_map": {"": "cuda"}}
    assert placing("ash/base", "cuda", 30 * GB, {0: 10 * GB, 1: 80 * GB}) == {"device_map": {"": "cuda:1"}}
    assert free_rooms("cpu") == {}


def test_a_large_model_is_spread_over_all() -> None:
    """With room left on each for what is computed; of one that fits nowhere the reason says what there is."""
    found = placing("ash/base", "cuda", 140 * GB, {0: 80 * GB, 1: 100 * GB})
    assert found == {"device_map": "auto", "max_memory": {0: 68 * GB, 1: 85 * GB}}
    with pytest.raises(CannotRun, match=r"weights take 140\.0 GB, and 2 devices have 136\.0"):
        placing("ash/base", "cuda", 140 * GB, {0: 80 * GB, 1: 80 * GB})


def test_the_size_is_that_of_the_files(family: Path, model: Any) -> None:
    """Every number of every tensor counts."""
    count = sum(one.numel() for one in model.parameters())
    assert weights_bytes(family / "base", 2) in {2 * count, 2 * sum(one.numel() for one in model.state_dict().values())}


def test_a_model_in_parts_answers_as_one_in_one_place(family: Path, tmp_path: Path, tokenizer: Any, maker: Any) -> None:
    """Likelihoods with a kept beginning and shared rows, and replies."""
    whole = maker(0)
    spread = in_parts(family / "base", tmp_path, whole)
    assert devices_of(spread) == ("cpu", "disk")
    assert devices_of(whole) == ()
    start = tuple(range(5, 45))
    pairs = [Pair((*start, 7 + number), (9 + choice, 11, 12 + choice)) for number in range(4) for choice in range(3)]
    backends = [TransformersBackend(LikelihoodScorer(one, "ash/base")) for one in (whole, spread)]
    answers = []
    for backend in backends:
        backend.keep({pair.context for pair in pairs})
        answers.append(backend.score(pairs))
    assert [one[0] for one in answers[1]] == pytest.approx([one[0] for one in answers[0]], abs=1e-4)
    assert [one[1] for one in answers[1]] == [one[1] for one in answers[0]]
    generation = GenerationSettings(stops=("\n",), longest=6, settings={"do_sample": False})
    first, second = (backend.write([start, start[:9]], generation, tokenizer) for backend in backends)
    assert [list(one)[:6] for one in first] == [list(one)[:6] for one in second]


def test_parts_that_fit_no_device_are_refused(family: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Weights that would be read from the disk for every token are no way to measure."""
    told = {"device_map": {"model": "cpu", "lm_head": "disk"}, "offload_folder": str(tmp_path)}
    monkeypatch.setattr(loading, "placing", lambda *_: told)
    weights = Weights(model="ash/base", revision=None, folder=str(family / "base"))
    snapshot = Snapshot(folder=family / "base", revision=None)
    with pytest.raises(CannotRun, match="parts of it fit no device: cpu, disk"):
        loading.load_model(snapshot, weights, loading.Precision(device="cpu", dtype="float32"))
