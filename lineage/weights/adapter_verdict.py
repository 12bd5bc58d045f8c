"""What the files of adapters say: whether one fits a base by its shapes, and whether two begin from one draw.

The matrix A of every module is drawn at the start and changes little. Two adapters whose draws were independent have
their rank coordinates (the rows of A) in unrelated orders: any matching of them is as good as another, so those that
match the row of the same number are fixed points of a random permutation, in each module. Of f in m modules the
expected number of sets is at most m^f / f!, which bounds the probability of so many or more. A common draw is a common
seed first: two strangers who keep the default seed of one script share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.weights.adapter import AdapterContent, AdapterSettings, name_of, place_of
from lineage.weights.independence import OriginTest, count_fixed_points, log10_p_of
from lineage.weights.tensor_roles import find_layer, find_role
from lineage.weights.verdict import LARGEST_LOG10_P, OriginVerdict, judge_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.vocabulary import VerdictKind
    from lineage.weights.adapter import AdaptedModule
    from lineage.weights.weight_rows import WeightRows

_FEWEST_ROWS: Final = 2
_DRAW: Final = 20261202
_CHANCE_LOG10_P: Final = -2.0
_ORTHOGONAL: Final = 1e-3
_ROWS_OF_AN_ORDER: Final = 4


def judge_weights(ours: WeightRows, theirs: WeightRows) -> OriginVerdict:
    """Judge what was read of two models, of two adapters, or of an adapter and a model."""
    is_of_adapters = ours.adapter is not None or theirs.adapter is not None
    return (judge_adapter if is_of_adapters else judge_origin)(ours, theirs)


def judge_adapter(ours: WeightRows, theirs: WeightRows) -> OriginVerdict:
    """Judge two files of which one at least is an adapter's.

    It is a contradiction that a module takes or gives another number of coordinates than in the base, or lies in a
    layer that the base does not have. A vocabulary may have grown, and another library may name a module otherwise.
    """
    if theirs.adapter is None:
        return _compare_shapes(ours, theirs)
    if ours.adapter is None:
        return _compare_shapes(theirs, ours)
    if ours.file_sha256 is not None and ours.file_sha256 == theirs.file_sha256:
        return OriginVerdict(kind="identical", reason="the files have one SHA-256")
    return _compare_starts(ours, theirs)


def _compare_shapes(adapter: WeightRows, base: WeightRows) -> OriginVerdict:
    content = adapter.adapter or AdapterContent(modules=(), settings=AdapterSettings())
    is_gguf = base.file.endswith(".gguf")
    shapes = {place_of(name_of(name)) if is_gguf else name_of(name): shape for name, shape in base.shapes.items()}
    found = {module: shapes.get(place_of(module.name) if is_gguf else module.name) for module in content.modules}
    told = content.settings.base
    named = f"; it names {told} as its base" if told not in {None, base.model} else ""
    seen = [module for module, shape in found.items() if shape]
    if not seen:
        reason = f"none of the {len(found)} modules that it changes is in what was read of {base.model}"
        return OriginVerdict(kind="not comparable", reason=reason + named)
    if fault := _find_fault(found, base):
        return OriginVerdict(kind="shapes differ", reason=fault + named, is_contradiction=_is_of_other(found, base))
    reason = (
        f"{len(seen)} of the {len(found)} modules that {adapter.model} changes are in {base.model} with their sizes"
    )
    return OriginVerdict(kind="shapes fit", reason=reason + named)


def _find_fault(found: Mapping[AdaptedModule, tuple[int, ...] | None], base: WeightRows) -> str | None:
    """Return how a module of an adapter does not fit into a base; None if all fit, as far as the base was read."""
    for module, shape in found.items():
        ours = (module.outputs, module.inputs)
        if shape and shape not in {ours, ours[::-1]}:  # some libraries store a matrix transposed
            one, other = (ours[1], shape[1]) if ours[1] != shape[1] else (ours[0], shape[0])
            verb = "takes" if ours[1] != shape[1] else "gives"
            return f"{module.spoken} {verb} {one:,} numbers in the adapter, {other:,} in {base.model}"
    missing = next((module for module, shape in found.items() if shape is None), None)
    if missing is None or not base.is_whole:
        return None
    return f"{missing.spoken} is in the adapter, not in {base.model}"


def _is_of_other(found: Mapping[AdaptedModule, tuple[int, ...] | None], base: WeightRows) -> bool:
    """Return whether an adapter cannot belong to a base, whatever its vocabulary and the names of its modules."""
    roles = {find_role(name) for name in base.shapes}
    last = max((layer for name in base.shapes if (layer := find_layer(name)) is not None), default=None)
    is_whole = base.is_whole and base.file.endswith(".safetensors")
    for module, shape in found.items():
        role, layer = find_role(f".{module.name}.weight"), find_layer(module.name)
        width = {"token_embedding": module.outputs, "output_head": module.inputs}.get(role)
        if shape and width is not None and width not in shape:
            return True
        if shape and width is None and sorted(shape) != sorted((module.outputs, module.inputs)):
            return True
        if shape is None and is_whole and role in roles and layer is not None and last is not None and layer > last:
            return True
    return False


def _compare_starts(ours: WeightRows, theirs: WeightRows) -> OriginVerdict:
    for one in (ours, theirs):
        if one.adapter is not None and not one.adapter.settings.is_drawn:
            reason = f"the matrices A of {one.model} were not drawn at random: {one.adapter.settings.start}"
            return OriginVerdict(kind="not comparable", reason=reason)
    others = {name_of(matrix.name): matrix for matrix in theirs.matrices}
    pairs = [
        (one.rows[:count], other.rows[:count])
        for one in ours.matrices
        if (other := others.get(name_of(one.name))) is not None
        and one.rows.shape[1] == other.rows.shape[1]
        and (count := min(len(one.rows), len(other.rows))) >= _FEWEST_ROWS
    ]
    telling = [(a, b) for a, b in pairs if not _is_ordered(a) and not _is_ordered(b)]
    if not telling:
        reason = "their matrices A are ordered singular vectors" if pairs else "they have no module in common, as read"
        return OriginVerdict(kind="not comparable", reason=reason)
    return _conclude(telling, [_scale(one) for one in (ours, theirs)])


def _conclude(pairs: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]], scales: Sequence[str]) -> OriginVerdict:
    rng = np.random.default_rng(_DRAW)
    normalised = [(_normalised(a), _normalised(b)) for a, b in pairs]
    fixed = sum(count_fixed_points(a.T, b.T, rng) for a, b in normalised)
    units = sum(len(a) for a, _ in pairs)
    test = OriginTest(
        fixed_points=fixed,
        units=units,
        rows=min(a.shape[1] for a, _ in pairs),
        log10_p=log10_p_of(fixed, len(pairs)),
        correlation=float(np.mean(np.concatenate([np.sum(a * b, axis=1) for a, b in normalised]))),
    )
    found = f"{fixed} of {units} rank coordinates match in {len(pairs)} matrices A"
    return OriginVerdict(
        kind=_kind(test, len(pairs)),
        reason=f"{found}; {' and '.join(scales)}"
        if test.log10_p > LARGEST_LOG10_P
        else f"{found}: one seed, or one was trained on from the other; {' and '.join(scales)}",
        test=test,
        equal_share=sum(int(np.sum(a == b)) for a, b in pairs) / sum(a.size for a, _ in pairs),
    )


def _kind(test: OriginTest, modules: int) -> VerdictKind:
    if test.log10_p <= LARGEST_LOG10_P:
        return "same start"
    is_enough = log10_p_of(test.units, modules) <= LARGEST_LOG10_P
    return "no sign" if is_enough and test.log10_p > _CHANCE_LOG10_P else "open"


def _normalised(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return rows of mean 0 and length 1; what is not finite counts as 0."""
    centred = np.where(np.isfinite(rows), rows, 0).astype(np.float64)
    centred -= centred.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(lengths > 0, lengths, 1)


def _is_ordered(rows: NDArray[np.float32]) -> bool:
    """Whether rows are orthogonal to each other, as singular vectors are and drawn rows are not."""
    if len(rows) < _ROWS_OF_AN_ORDER:
        return False
    kept = np.where(np.isfinite(rows), rows, 0).astype(np.float64)
    kept /= np.maximum(np.linalg.norm(kept, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return float(np.abs(kept @ kept.T - np.diag(np.diag(kept @ kept.T))).max()) < _ORTHOGONAL


def _scale(adapter: WeightRows) -> str:
    """Return rank and alpha of an adapter, as far as they are told."""
    if adapter.adapter is None or not adapter.adapter.modules:
        return adapter.model
    alpha = adapter.adapter.settings.alpha
    ranks = max(module.rank for module in adapter.adapter.modules)
    return f"{adapter.model} has rank {ranks}" + ("" if alpha is None else f", alpha {alpha:g}")
