"""Adapters: what their files hold, whether they fit a base, and whether two begin from one draw."""

from __future__ import annotations

import json
from dataclasses import replace
from math import factorial, log10

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.weights.adapter import (
    AdaptedModule,
    AdapterContent,
    AdapterSettings,
    choose_starts,
    find_modules,
    name_of,
    read_settings,
)
from lineage.weights.adapter_verdict import judge_adapter
from lineage.weights.header import TensorEntry, WeightHeader
from lineage.weights.independence import log10_p_of
from lineage.weights.weight_rows import MatrixRows, WeightRows, shapes_of

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Q, DOWN = "layers.0.self_attn.q_proj", "layers.1.mlp.down_proj"
BASE = {f"model.{Q}.weight": (64, 64), f"model.{DOWN}.weight": (64, 172), "model.embed_tokens.weight": (100, 64)}


def header_of(*tensors: tuple[str, str, tuple[int, ...]]) -> WeightHeader:
    """Return a header of tensors of this name, type and shape."""
    entries = tuple(
        TensorEntry(name=name, dtype=dtype, shape=shape, start_byte=0, stop_byte=4 * int(np.prod(shape)))
        for name, dtype, shape in tensors
    )
    return WeightHeader(tensors=entries, sha256="", header_bytes=0)


def lora(module: str, a: tuple[int, ...], b: tuple[int, ...]) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return the tensors that PEFT writes for one module."""
    return [
        (f"base_model.model.model.{module}.lora_{side}.weight", "F32", shape) for side, shape in (("A", a), ("B", b))
    ]


def read_of(
    *, modules: tuple[AdaptedModule, ...] | None = None, starts: dict[str, Rows] | None = None, **changes: object
) -> WeightRows:
    """Return what was read of an adapter, or of a base without `modules`."""
    settings = AdapterSettings(base="maple/base", alpha=16, start=str(changes.pop("start", "true")))
    matrices = tuple(
        MatrixRows(
            name=f"base_model.model.model.{name}.lora_A.weight",
            dtype="F32",
            matrix_rows=len(rows),
            columns=rows.shape[1],
            rows=rows,
        )
        for name, rows in (starts or {}).items()
    )
    read = WeightRows(
        model="maple/base" if modules is None else "maple/lora",
        revision="main",
        file="model.safetensors" if modules is None else "adapter_model.safetensors",
        file_bytes=200,
        file_sha256=None,
        header_sha256="0" * 64,
        tensors=1,
        parameters=1,
        matrices=matrices,
        bytes_read=200,
        requests=3,
        shapes=BASE if modules is None else {},
        adapter=None if modules is None else AdapterContent(modules=modules, settings=settings),
    )
    return replace(read, **changes)  # type: ignore[arg-type] # the names and types are those of the record


def module(name: str = Q, rank: int = 8, inputs: int = 64, outputs: int = 64) -> AdaptedModule:
    """Return a module of an adapter."""
    return AdaptedModule(name=name, rank=rank, inputs=inputs, outputs=outputs)


def drawn(seed: int, modules: int = 3, rank: int = 8, inputs: int = 64) -> dict[str, Rows]:
    """Return matrices A as a training begins with them."""
    rng = np.random.default_rng(seed)
    return {
        f"layers.{one}.mlp.up_proj": rng.uniform(-1, 1, (rank, inputs)).astype(np.float32) for one in range(modules)
    }


def test_modules_are_found_with_their_sizes() -> None:
    """By name, without what libraries put before it; other tensors are no modules."""
    header = header_of(*lora(DOWN, (8, 172), (64, 8)), *lora(Q, (4, 64), (32, 4)), ("lm_head.weight", "F32", (100, 64)))
    assert find_modules(header) == (module(rank=4, outputs=32), module(DOWN, inputs=172))
    assert [name_of(one.name) for one in choose_starts(header)] == [Q, DOWN]
    assert find_modules(header_of(("lm_head.weight", "F32", (100, 64)))) == ()
    assert find_modules(header_of(*lora(Q, (8, 64), (64, 4)))) is None
    assert find_modules(header_of(*lora(Q, (0, 64), (64, 0)))) is None
    assert find_modules(header_of(*lora(Q, (8, 64, 1), (64, 8)))) == ()


@pytest.mark.parametrize(
    ("told", "settings"),
    [
        ({"base_model_name_or_path": "a/b", "lora_alpha": 32, "init_lora_weights": True}, ("a/b", 32.0, "true", True)),
        ({"init_lora_weights": "pissa"}, (None, None, "pissa", False)),
        ({"init_lora_weights": "gaussian", "lora_alpha": 0.5}, (None, 0.5, "gaussian", True)),
        (
            {"base_model_name_or_path": "a\x1b[31m", "lora_alpha": True, "init_lora_weights": 7},
            (None, None, None, True),
        ),
        (
            {"base_model_name_or_path": ["a"], "lora_alpha": 10**400, "init_lora_weights": None},
            (None, None, None, True),
        ),
        ({"base_model_name_or_path": "a" * 201, "lora_alpha": float("nan")}, (None, None, None, True)),
        ([], (None, None, None, True)),
    ],
)
def test_settings_are_taken_as_peft_writes_them(told: object, settings: tuple[object, ...]) -> None:
    """What is of another form counts as untold."""
    read = read_settings(json.dumps(told).encode())
    assert (read.base, read.alpha, read.start, read.is_drawn) == settings


@given(st.binary(max_size=200))
def test_any_settings_are_read(content: bytes) -> None:
    """Whatever stands there, and however deep."""
    assert isinstance(read_settings(content), AdapterSettings)
    assert read_settings(b"[" * 5000 + content) == AdapterSettings()


def test_an_adapter_fits_a_base_by_its_shapes() -> None:
    """In either order, transposed as GPT-2 stores them, and as a GGUF file names them."""
    adapter = read_of(modules=(module(), module(DOWN, inputs=172)))
    base = read_of()
    for pair in ((adapter, base), (base, adapter)):
        verdict = judge_adapter(*pair)
        assert (verdict.kind, verdict.is_yes, verdict.is_related) == ("shapes fit", True, False)
        assert verdict.reason == "2 of the 2 modules that maple/lora changes are in maple/base with their sizes"
    transposed = replace(base, shapes={name: shape[::-1] for name, shape in BASE.items()})
    assert judge_adapter(adapter, transposed).kind == "shapes fit"
    gguf = replace(base, file="a.gguf", shapes={"blk.0.attn_q.weight": (64, 64), "blk.1.ffn_down.weight": (64, 172)})
    assert judge_adapter(adapter, gguf).kind == "shapes fit"
    other = judge_adapter(adapter, replace(base, model="oak/other"))
    assert other.reason.endswith("; it names maple/base as its base")


def test_shapes_contradict_a_base() -> None:
    """Another width, or a module that a whole model lacks; not one that was not read, or whose form is packed."""
    base = read_of()
    for changed, reason in (
        (module(inputs=128), "q_proj of layer 0 takes 128 numbers in the adapter, 64 in maple/base"),
        (module(outputs=32), "q_proj of layer 0 gives 32 numbers in the adapter, 64 in maple/base"),
        (module("layers.30.self_attn.q_proj"), "q_proj of layer 30 is in the adapter, not in maple/base"),
    ):
        adapter = read_of(modules=(changed, module(DOWN, inputs=172)))
        verdict = judge_adapter(adapter, base)
        assert (verdict.kind, verdict.reason, verdict.is_yes) == ("shapes differ", reason, False)
        assert verdict.is_contradiction
    shard = replace(base, file="model-00001-of-00002.safetensors")
    beyond = read_of(modules=(module("layers.30.self_attn.q_proj"), module()))
    assert judge_adapter(beyond, shard).kind == "shapes fit"
    assert judge_adapter(read_of(modules=(module(inputs=128),)), shard).is_contradiction
    packed = header_of((f"model.{Q}.qweight", "I32", (8, 64)), (f"model.{Q}.scales", "F16", (1, 64)))
    assert shapes_of(packed) == {f"model.{Q}.weight": ()}
    verdict = judge_adapter(read_of(modules=(module(),)), replace(base, shapes=shapes_of(packed)))
    assert (verdict.kind, verdict.is_yes) == ("not comparable", False)


def test_a_grown_vocabulary_and_other_names_contradict_nothing() -> None:
    """They say that the shapes differ, and leave the edge as it is; another width of an embedding contradicts."""
    base = read_of(shapes={**BASE, "model.embed_tokens.weight": (1000, 64), "lm_head.weight": (1000, 64)})
    for changed, is_contradiction in (
        (module("embed_tokens", inputs=1064), False),
        (module("embed_tokens", inputs=1064, outputs=32), True),
        (module("lm_head", outputs=1064), False),
        (module("lm_head", inputs=32, outputs=1064), True),
        (module("layers.0.self_attn.qkv_proj"), False),
        (module("layers.30.self_attn.qkv_proj"), False),
    ):
        verdict = judge_adapter(read_of(modules=(changed, module())), base)
        assert (verdict.kind, verdict.is_contradiction) == ("shapes differ", is_contradiction)
    gguf = replace(base, file="a.gguf", shapes={"blk.0.attn_q.weight": (64, 64)})
    beyond = read_of(modules=(module(), module("layers.30.self_attn.q_proj")))
    assert not judge_adapter(beyond, gguf).is_contradiction


def test_independent_starts_match_as_random_permutations_do() -> None:
    """Over 1,000 pairs of 3 matrices the mean is 3, and no bound is passed too often, also after a common training."""
    pull = drawn(10**6)
    points = []
    for pair in range(1000):
        ours, theirs = drawn(2 * pair), drawn(2 * pair + 1)
        rng = np.random.default_rng(pair)
        for side in (ours, theirs):  # each rank coordinate moves along one direction, by its own amount
            for name in side:
                side[name] = side[name] + rng.normal(size=(8, 1)).astype(np.float32) * pull[name][:1] * np.float32(2)
        verdict = judge_adapter(read_of(modules=(module(),), starts=ours), read_of(modules=(module(),), starts=theirs))
        assert verdict.test is not None
        assert verdict.kind in {"no sign", "open"}
        points.append(verdict.test.fixed_points)
    assert np.mean(points) == pytest.approx(3, abs=0.25)
    for count in range(4, 12):
        assert np.mean(np.array(points) >= count) <= 3**count / factorial(count) + 0.05


@pytest.mark.parametrize("change", [0.0, 0.1, 0.5])
def test_a_common_draw_is_found(change: float) -> None:
    """As far as half of a number's size in training; it is a common seed first, and no relation."""
    ours, noise = drawn(1), drawn(2)
    theirs = {name: rows + np.float32(change) * noise[name] for name, rows in ours.items()}
    verdict = judge_adapter(read_of(modules=(module(),), starts=ours), read_of(modules=(module(),), starts=theirs))
    assert (verdict.kind, verdict.is_yes, verdict.is_related) == ("same start", True, False)
    assert verdict.test is not None
    assert verdict.test.fixed_points == verdict.test.units == 24
    assert verdict.test.log10_p == pytest.approx(24 * log10(3) - log10(factorial(24)))
    assert (
        "24 of 24 rank coordinates match in 3 matrices A: one seed, or one was trained on from the other"
        in verdict.reason
    )
    assert verdict.equal_share == (1.0 if change == 0 else pytest.approx(0, abs=0.01))


def test_what_says_too_little_stays_open() -> None:
    """Four rows of one matrix match in 1 of 24 unrelated pairs."""
    ours = drawn(3, modules=1, rank=4)
    verdict = judge_adapter(read_of(modules=(module(),), starts=ours), read_of(modules=(module(),), starts=ours))
    assert (verdict.kind, verdict.is_yes) == ("open", False)
    assert log10_p_of(4, 1) == pytest.approx(-log10(24))
    assert log10_p_of(1, 28) == 0


def test_a_start_that_was_not_drawn_is_not_compared() -> None:
    """Singular vectors of the base have an order, whoever takes them: told by the settings, or seen in the rows."""
    told = judge_adapter(
        read_of(modules=(module(),), starts=drawn(4)), read_of(modules=(module(),), starts=drawn(4), start="pissa")
    )
    assert (told.kind, "not drawn at random: pissa" in told.reason) == ("not comparable", True)
    vectors = {name: np.linalg.svd(rows, full_matrices=False)[2] for name, rows in drawn(5).items()}
    seen = judge_adapter(read_of(modules=(module(),), starts=vectors), read_of(modules=(module(),), starts=vectors))
    assert (seen.kind, seen.reason) == ("not comparable", "their matrices A are ordered singular vectors")
    apart = judge_adapter(
        read_of(modules=(module(),), starts=drawn(6)),
        read_of(modules=(module(),), starts={Q: drawn(6)["layers.0.mlp.up_proj"]}),
    )
    assert apart.reason == "they have no module in common, as read"


def test_numbers_that_are_none_count_for_nothing() -> None:
    """Rows that are not finite, or all zero, match nothing but by chance."""
    ours = {name: np.full_like(rows, np.nan) for name, rows in drawn(7).items()}
    zeros = {name: np.zeros_like(rows) for name, rows in drawn(7).items()}
    for one in (ours, zeros):
        verdict = judge_adapter(read_of(modules=(module(),), starts=one), read_of(modules=(module(),), starts=one))
        assert verdict.kind != "same start"


def test_one_file_is_one_adapter() -> None:
    """By its SHA-256, whatever was read."""
    same = {"modules": (module(),), "starts": drawn(8), "file_sha256": "a" * 64}
    assert judge_adapter(read_of(**same), read_of(**same)).kind == "identical"  # type: ignore[arg-type] # as above
