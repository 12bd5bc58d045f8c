"""Mixtures of known parents: their weights, and what looks like one and is none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lineage.weights.mixture import MixtureFit, UnfitMixture, fit_mixture

if TYPE_CHECKING:
    from tests.lineage.weights.conftest import Model, Workshop


def fit(workshop: Workshop, child: Model, parents: list[Model], base: Model | None = None) -> MixtureFit:
    """Return the fit of models stored as F32."""
    found = fit_mixture(
        workshop.read(child),
        [workshop.read(parent) for parent in parents],
        base=None if base is None else workshop.read(base),
    )
    assert isinstance(found, MixtureFit)
    return found


def test_a_distant_parent_hides_no_residual(workshop: Workshop) -> None:
    """A fine-tune near its base is no mixture of it with a model far away, whichever of them is given first."""
    base = workshop.make_base()
    far, sibling = workshop.tune(base, seed=4, change=0.5), workshop.tune(base, seed=5)
    child = workshop.mix((workshop.tune(base, seed=6), sibling), (0.9, 0.1))
    for parents in ([far, base, sibling], [base, far, sibling]):
        found = fit(workshop, child, parents)
        assert found.kind == "no mixture"
        assert found.residual > 0.5


def test_a_linear_merge_has_its_weights(workshop: Workshop) -> None:
    """With a base and without one, and parents that have no part in it weigh nothing."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed) for seed in (1, 2, 3)]
    child = workshop.mix(parents[:2], (0.7, 0.3))
    for origin in (base, None):
        found = fit(workshop, child, parents, origin)
        assert found.weights == pytest.approx((0.7, 0.3, 0.0), abs=0.001)
        assert found.residual < 0.01
        assert found.kind == "mixture"
    assert fit(workshop, child, parents, base).base_weight == pytest.approx(0, abs=0.001)
    assert fit(workshop, child, parents).base_weight is None


def test_a_sum_of_changes_needs_the_base(workshop: Workshop) -> None:
    """Base and both changes in full is a mixture about the base, and none of the parents alone."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed) for seed in (1, 2)]
    child = workshop.mix([base, *parents], (-1, 1, 1))
    found = fit(workshop, child, parents, base)
    assert found.weights == pytest.approx((1, 1), abs=0.001)
    assert found.base_weight == pytest.approx(-1, abs=0.002)
    assert found.kind == "mixture"
    assert fit(workshop, child, parents).kind == "no mixture"


@pytest.mark.parametrize("count", [2, 5])
def test_a_fine_tune_is_no_mixture_of_its_siblings(workshop: Workshop, count: int) -> None:
    """What is left is almost all of it, with a base and without; that siblings share a base makes them no parents."""
    base = workshop.make_base()
    siblings = [workshop.tune(base, seed=seed) for seed in range(1, 1 + count)]
    child = workshop.tune(base, seed=99)
    for origin in (base, None):
        found = fit(workshop, child, siblings, origin)
        assert found.kind == "no mixture"
        assert found.residual > 0.7


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_merge_that_drops_numbers_has_parents_without_weights(workshop: Workshop, share: float) -> None:
    """What is kept of each parent's change is chosen by chance: the parents stand out, no weights explain it."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed) for seed in (1, 2)]
    child = workshop.drop(base, parents, share=share)
    found = fit(workshop, child, parents, base)
    assert found.kind == "parents, not weights"
    assert found.residual > 0.5
    assert min(found.copied) > 0.2
    assert fit(workshop, child, [parents[0], workshop.tune(base, seed=9)], base).kind == "no mixture"
    assert fit(workshop, child, parents).kind == "no mixture"


def test_one_parent_is_no_mixture(workshop: Workshop) -> None:
    """A copy or a fine-tune of one of them leaves the other without weight."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed) for seed in (1, 2)]
    for child in (parents[0], workshop.tune(parents[0], seed=9, change=0.001)):
        found = fit(workshop, child, parents, base)
        assert found.weights == pytest.approx((1, 0), abs=0.02)
        assert found.kind == "no mixture"


@pytest.mark.parametrize(("change", "kind"), [(0.012, "mixture"), (0.003, "open")])
def test_rounding_is_allowed_for(workshop: Workshop, change: float, kind: str) -> None:
    """A merge of small changes in 16 bits leaves what rounding made; where that is a quarter, weights are not told."""
    base = workshop.make_base()
    parents = [workshop.tune(base, seed=seed, change=change) for seed in (1, 2)]
    stored = [workshop.store(parent, "BF16") for parent in parents]
    child = workshop.mix(stored, (0.5, 0.5))
    found = fit_mixture(workshop.read(child, dtype="BF16"), [workshop.read(model, dtype="BF16") for model in stored])
    assert isinstance(found, MixtureFit)
    assert found.weights == pytest.approx((0.5, 0.5), abs=0.05)
    assert found.residual > 0.1
    assert found.kind == kind


def test_what_cannot_be_fitted_says_why(workshop: Workshop) -> None:
    """Equal parents, a parent that is the base, too few numbers; fewer than two parents are a mistake."""
    base = workshop.make_base()
    tuned = workshop.tune(base, seed=1)
    one, other = workshop.read(base), workshop.read(tuned)
    for parents, origin in (([one, one], None), ([other, other], one), ([other, one], one)):
        found = fit_mixture(other, parents, base=origin)
        assert isinstance(found, UnfitMixture)
        assert "equal" in found.reason
    bare = replace(one, spans=())
    found = fit_mixture(bare, [one, other])
    assert isinstance(found, UnfitMixture)
    assert "0 numbers" in found.reason
    with pytest.raises(ValueError, match="two parents"):
        fit_mixture(one, [other])
