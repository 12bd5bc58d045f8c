"""Adapters that vLLM would apply in part are refused before it is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from evaluation.engines.vllm.adapter_limits import rank_of
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = 2
PLAIN: dict[str, object] = {"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "down_proj"]}


def keys(*modules: str, layers: int = LAYERS) -> list[str]:
    """Return the names of both matrices of modules in every layer."""
    start = "base_model.model.model.layers"
    return [
        f"{start}.{layer}.mlp.{module}.lora_{half}.weight"
        for layer in range(layers)
        for module in modules
        for half in "AB"
    ]


def write(folder: Path, names: list[str], **changes: object) -> Path:
    """Write an adapter with settings and tensors of these names."""
    (folder / "adapter_config.json").write_text(json.dumps(PLAIN | changes), "utf-8")
    save_file({name: np.zeros((1, 1), np.float32) for name in names}, folder / "adapter_model.safetensors")
    return folder


@pytest.mark.parametrize(("rank", "room"), [(1, 8), (8, 8), (9, 16), (512, 512)])
def test_room_is_made_for_the_rank(tmp_path: Path, rank: int, room: int) -> None:
    """VLLM keeps room for certain ranks only."""
    assert rank_of(write(tmp_path, keys("q_proj", "down_proj"), r=rank), "maple/lora", LAYERS) == room


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peft_type": "IA3"}, "peft_type"),
        ({"task_type": "SEQ_CLS"}, "task_type"),
        ({"use_dora": True}, "use_dora"),
        ({"bias": "all"}, "bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
        ({"layers_to_transform": [0]}, "layers_to_transform"),
        ({"target_modules": ["q_proj", "lm_head"]}, "leave out"),
        ({"target_modules": ["q_proj", ["down_proj"]]}, "leave out"),
        ({"target_modules": "all-linear"}, "leave out"),
        ({"target_modules": ["q_proj"]}, "lacks parts"),
        ({"r": 0}, "rank 0"),
        ({"r": 513}, "rank 513"),
        ({"r": "8"}, "rank 8"),
        ({"r": None}, "rank None"),
    ],
)
def test_settings_that_vllm_takes_otherwise_are_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """By the setting that is at fault."""
    write(tmp_path, keys("q_proj", "down_proj"), **changes)
    with pytest.raises(CannotRun, match=said):
        rank_of(tmp_path, "maple/lora", LAYERS)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (keys("q_proj", "down_proj")[1:], "lacks parts"),
        (keys("q_proj", "down_proj", layers=1), "lacks parts"),
        (keys("q_proj", "down_proj", layers=3), "lacks parts"),
        (keys("q_proj", "down_proj", "lm_head"), "lacks parts"),
        (
            [*keys("q_proj", "down_proj"), "base_model.model.lm_head.weight"],
            r"leave out its part base_model\.model\.lm",
        ),
        ([*keys("q_proj", "down_proj"), "base_model.model.model.embed_tokens.lora_embedding_A"], "leave out its part"),
        ([], "lacks parts"),
    ],
)
def test_files_with_other_parts_are_refused(tmp_path: Path, names: list[str], said: str) -> None:
    """Parts that are missing, too many, or of a kind that vLLM leaves out without a word."""
    write(tmp_path, names)
    with pytest.raises(CannotRun, match=said):
        rank_of(tmp_path, "maple/lora", LAYERS)


@pytest.mark.parametrize("text", ["", "[1]", "[" * 100_000])
def test_settings_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    """A stranger's file is no mapping, or nested without end."""
    write(tmp_path, keys("q_proj", "down_proj"))
    (tmp_path / "adapter_config.json").write_text(text, "utf-8")
    with pytest.raises(CannotRun, match=r"adapter_config\.json"):
        rank_of(tmp_path, "maple/lora", LAYERS)


@pytest.mark.parametrize("data", [None, b"", b"\xff" * 64])
def test_weights_that_cannot_be_read_are_refused(tmp_path: Path, data: bytes | None) -> None:
    """No file, an empty one, and one with a header of absurd length."""
    write(tmp_path, keys("q_proj", "down_proj"))
    path = tmp_path / "adapter_model.safetensors"
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(CannotRun, match=r"adapter_model\.safetensors"):
        rank_of(tmp_path, "maple/lora", LAYERS)
