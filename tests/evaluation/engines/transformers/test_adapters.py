"""Adapters are put on as they are, and their base is as it was when they are off."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.tasks.encoding import Pair
from evaluation.engines.transformers.adapters import attached, changes_model, fingerprint
from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAIRS = [Pair((5, 6, 7, 8), (9, 10)), Pair((11, 12), (13,))]


@pytest.mark.parametrize("name", ["lora", "whole"])
def test_the_base_is_as_it_was(name: str, family: Path, maker: Callable[..., Any]) -> None:
    """With an adapter answers differ; without it they are equal to the last bit, and no module is left over."""
    model = maker()
    modules, before = dict(model.named_modules()), fingerprint(model)
    alone = LikelihoodScorer(model, "grove/base").score(PAIRS)
    with attached(model, family / name, "grove/adapter") as adapted:
        assert LikelihoodScorer(adapted, "grove/adapter").score(PAIRS) != alone
    assert LikelihoodScorer(model, "grove/base").score(PAIRS) == alone
    assert {place: id(module) for place, module in model.named_modules()} == {
        place: id(module) for place, module in modules.items()
    }
    assert fingerprint(model) == before


def test_embeddings_keep_their_size(family: Path, maker: Callable[..., Any], tokenizer: Any) -> None:
    """A vocabulary that is padded beyond the tokenizer stays so: no answer of the base moves."""
    model = maker()
    assert model.config.vocab_size > len(tokenizer)
    with attached(model, family / "lora", "grove/lora") as adapted:
        assert adapted.get_input_embeddings().weight.shape[0] == model.config.vocab_size
        assert adapted.get_output_embeddings().weight.shape[0] == model.config.vocab_size


def changed(family: Path, folder: Path, **settings: object) -> Path:
    """Return a copy of an adapter with other settings."""
    shutil.copytree(family / "lora", folder)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | settings), "utf-8")
    return folder


FAULTS: list[tuple[dict[str, object], str]] = [
    ({"task_type": "SEQ_CLS"}, "made for SEQ_CLS"),
    ({"r": 3}, "does not fit its base"),
    ({"target_modules": ["nothing"]}, "does not fit its base"),
    ({"target_modules": ["q_proj", "down_proj", "up_proj"]}, "lacks weights"),
    ({"peft_type": "GROVE"}, "does not fit its base"),
]


@pytest.mark.parametrize(("settings", "reason"), FAULTS)
def test_an_adapter_that_does_not_fit_is_refused(
    settings: dict[str, object], reason: str, family: Path, tmp_path: Path, maker: Callable[..., Any]
) -> None:
    """Wrong shapes, missing weights and other purposes are said, and the base is as it was."""
    model = maker()
    alone = LikelihoodScorer(model, "grove/base").score(PAIRS)
    with (
        pytest.raises(CannotRun, match=reason),
        attached(model, changed(family, tmp_path / "changed", **settings), "grove/changed"),
    ):
        pass
    assert LikelihoodScorer(model, "grove/base").score(PAIRS) == alone


def test_beginnings_that_change_the_base_are_known(family: Path, tmp_path: Path) -> None:
    """PiSSA writes into the weights that it sits on; plain LoRA does not."""
    assert not changes_model(family / "lora")
    assert changes_model(changed(family, tmp_path / "pissa", init_lora_weights="pissa_niter_4"))


def test_settings_that_cannot_be_read_are_refused(family: Path, tmp_path: Path, model: Any) -> None:
    """Broken JSON, and JSON that is no mapping."""
    for number, text in enumerate(("{", "[]")):
        folder = changed(family, tmp_path / str(number))
        (folder / "adapter_config.json").write_text(text, "utf-8")
        with pytest.raises(CannotRun, match=r"adapter_config\.json"), attached(model, folder, "grove/broken"):
            pass
