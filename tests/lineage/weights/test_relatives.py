"""What close readings of a model and its relatives say together: differences, parts that moved, mixtures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import WantedKinship, WeightFile
from lineage.weights.kinship_findings import judge_relatives
from lineage.weights.mixture import MixtureFit, UnfitMixture

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.weights.kinship_findings import CloseReading, KinVerdict
    from tests.lineage.weights.conftest import Model, Workshop


def file_of(name: str) -> WeightFile:
    """Return the file of a model."""
    return WeightFile(model=name, sha=None, path="model.safetensors")


def judge(
    workshop: Workshop,
    models: Mapping[str, Model],
    *,
    relatives: str = "",
    parents: str = "",
    base: str | None = None,
    unread: str = "",
) -> KinVerdict:
    """Judge the model `x` beside others that are named by a letter each."""
    read: dict[str, CloseReading] = {name: workshop.read(model, name=name) for name, model in models.items()}
    read |= dict.fromkeys(unread, "it is gone")
    wanted = WantedKinship(
        model=file_of("x"),
        relatives=tuple(map(file_of, relatives)),
        parents=tuple(map(file_of, parents)),
        base=file_of(base) if base else None,
    )
    assert {file.model for file in wanted.files} == {"x", *relatives, *parents, *(base or "")}
    return judge_relatives(wanted, read)


def test_a_model_is_told_from_each_relative(workshop: Workshop) -> None:
    """With the findings in a few words, and how far every part moved from the relative."""
    base = workshop.make_base()
    found = judge(
        workshop, {"b": base, "x": workshop.adapt(base, rank=4), "s": workshop.tune(base, seed=9)}, relatives="bs"
    )
    adapted, sibling = found.kinships
    assert (adapted.model, adapted.relative, adapted.summary) == ("x", "b", "frozen parts 5, low rank 4")
    assert [finding.kind for finding in adapted.findings] == ["frozen parts", "low rank", "parent open"]
    moved = {(one.role, one.layer): one.change for one in adapted.modules}
    assert moved["token_embedding", None] == moved["down", 3] == 0
    assert moved["query", 3] == pytest.approx(0.02, rel=0.5)
    assert sum(one.numbers for one in adapted.modules) == 32 * 96 * (1 + 6 * (2 + 1 + 1 + 2)) + 6 * 96
    assert sibling.summary.startswith("high rank")
    assert found.mixture is None


def test_what_was_not_read_is_said_of_the_pair(workshop: Workshop) -> None:
    """With the model that it is true of, and no mixture is fitted."""
    base = workshop.make_base()
    found = judge(workshop, {"x": base, "a": base}, relatives="ag", parents="ag", unread="g")
    assert [one.summary for one in found.kinships] == ["equal 1", "not read"]
    assert found.kinships[1].findings[0].reason == "g: it is gone"
    assert found.mixture is not None
    assert isinstance(found.mixture.fit, UnfitMixture)
    assert found.mixture.fit.reason == "g was not read: it is gone"
    without_itself = judge(workshop, {"a": base}, relatives="a", unread="x")
    assert without_itself.kinships[0].findings[0].reason == "x: it is gone"


def test_a_merge_has_its_weights_with_a_base_and_without(workshop: Workshop) -> None:
    """The base may be known, or stand among the parents, where it weighs nothing."""
    base = workshop.make_base()
    first, second = (workshop.tune(base, seed=seed) for seed in (1, 2))
    models = {"b": base, "p": first, "q": second, "x": workshop.mix((first, second), (0.7, 0.3))}
    for parents, told_base in (("pq", "b"), ("pq", None), ("bpq", None)):
        mixture = judge(workshop, models, parents=parents, base=told_base).mixture
        assert mixture is not None
        assert (mixture.parents, mixture.base) == (tuple(parents), told_base)
        assert isinstance(mixture.fit, MixtureFit)
        assert mixture.fit.kind == "mixture"
        assert mixture.fit.weights[-2:] == pytest.approx((0.7, 0.3), abs=0.001)


def test_of_a_merge_that_drops_a_part_the_parents_are_told_where_one_of_three_is_their_base(workshop: Workshop) -> None:
    """Only the first is tried, which stands for the oldest; a fine-tune among siblings is no mixture."""
    base = workshop.make_base()
    first, second = (workshop.tune(base, seed=seed) for seed in (1, 2))
    models = {"b": base, "p": first, "q": second, "x": workshop.drop(base, (first, second), share=0.5)}
    told = judge(workshop, models, parents="bpq").mixture
    assert told is not None
    assert (told.parents, told.base, isinstance(told.fit, MixtureFit) and told.fit.kind) == (
        ("p", "q"),
        "b",
        "parents, not weights",
    )
    alone = judge(workshop, models, parents="pq").mixture
    assert alone is not None
    assert (alone.base, isinstance(alone.fit, MixtureFit) and alone.fit.kind) == (None, "no mixture")
    tuned = judge(workshop, models | {"x": workshop.tune(base, seed=3)}, parents="bpq").mixture
    assert tuned is not None
    assert (tuned.base, isinstance(tuned.fit, MixtureFit) and tuned.fit.kind) == (None, "no mixture")
