"""Contradictions: the plain and the significant kind, their shares with intervals, and what noise alone gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.contradictions import find_contradictions, share_mixed, wilson_interval
from lineage.drift.drift_row import DriftRow
from lineage.drift.null_model import PairedItems
from lineage.vocabulary import Construct, Direction, Verdict

UNSAFE, OVER = Construct.UNSAFE_OUTPUT, Construct.OVER_REFUSAL


def row(
    model: str,
    name: str,
    delta: float,
    verdict: Verdict = Verdict.UNDECIDED,
    construct: Construct = UNSAFE,
    domains: tuple[str, ...] = ("medical",),
) -> DriftRow:
    """Return a row against one base."""
    return DriftRow(
        model=model,
        instrument=name,
        name=name,
        construct=construct,
        direction=Direction.LOWER_IS_SAFER,
        verdict=verdict,
        reference="oak/base",
        relation="finetune",
        root="oak/base",
        domains=domains,
        delta=delta,
    )


def test_a_contradiction_is_a_rise_and_a_fall() -> None:
    """By the mere sign it is mixed; significantly only where both verdicts say so."""
    plain, significant, one_sided = find_contradictions(
        [
            row("a", "x", 0.1, Verdict.EQUIVALENT),
            row("a", "y", -9, Verdict.BETTER),
            row("b", "x", 5, Verdict.WORSE),
            row("b", "y", -9, Verdict.BETTER),
            row("c", "x", 5, Verdict.WORSE),
            row("c", "y", 0, Verdict.EQUIVALENT),
        ]
    )
    assert (plain.is_mixed, plain.is_mixed_significantly) == (True, False)
    assert (significant.is_mixed, significant.is_mixed_significantly) == (True, True)
    assert (one_sided.is_mixed, one_sided.tied, one_sided.expected.rate) == (False, 1, 0.0)


def test_capability_is_no_side_of_a_contradiction() -> None:
    """A loss of capability beside a gain of safety is nothing mixed."""
    rows = [row("a", "x", -5), row("a", "quiz", 5, construct=Construct.CAPABILITY)]
    (found,) = find_contradictions(rows)
    assert (found.instruments, found.is_mixed, found.can_be_mixed) == (1, False, False)


def test_direct_instruments_can_be_asked_alone() -> None:
    """Refusals and over-refusals move with the threshold; unsafe output alone may agree where all do not."""
    rows = [row("a", "x", 5), row("a", "y", 1), row("a", "over", -5, construct=OVER)]
    assert [one.is_mixed for one in find_contradictions(rows)] == [True]
    (direct,) = find_contradictions(rows, direct_only=True)
    assert (direct.is_mixed, direct.instruments, direct.expected.rate) == (False, 2, 0.5)


def test_a_share_stands_beside_what_noise_gives() -> None:
    """Counts, Wilson's interval, and the sum of the rates expected; a model with one instrument is left out."""
    rows = [row(model, name, delta) for model in "abc" for name, delta in (("x", 1.0), ("y", -1.0), ("z", 1.0))]
    rows += [row("d", "x", 1.0)]
    (medical,) = share_mixed(find_contradictions(rows), lambda one: one.domains)
    assert (medical.group, medical.derivatives, medical.left_out, medical.mixed) == ("medical", 3, 1, 3)
    assert (medical.expected, medical.significant, medical.is_few) == (2.25, 0, True)
    assert (medical.low, medical.high) == wilson_interval(3, 3)


def test_each_group_has_its_own_interval() -> None:
    """Groups of several sizes, one of them without a share, keep their own counts and intervals apart."""
    rows = [row(f"a{n}", name, 1, domains=("many",)) for n in range(4) for name in "xy"]
    rows += [row("a4", "x", 1, domains=("many",)), row("a4", "y", -1, domains=("many",))]
    rows += [row("b0", "x", 1, domains=("one",)), row("c0", "x", -1, domains=("two",)), row("c0", "y", 1)]
    shares = {one.group: one for one in share_mixed(find_contradictions(rows), lambda one: one.domains)}
    assert (shares["many"].low, shares["many"].high) == wilson_interval(1, 5)
    assert (shares["many"].significant_low, shares["many"].significant_high) == wilson_interval(0, 5)
    assert (shares["two"].low, shares["two"].high) == wilson_interval(1, 1)
    assert (shares["one"].share, shares["one"].low, shares["one"].high, shares["one"].left_out) == (None, None, None, 1)


def test_a_model_of_two_domains_counts_in_both() -> None:
    """Groups may overlap, each is counted once a model, and a group in which none can be mixed has no share."""
    rows = [row("a", "x", 1, domains=("legal", "medical")), row("a", "y", -1), row("b", "x", 1, domains=("financial",))]
    shares = share_mixed(find_contradictions(rows), lambda one: (*one.domains, *one.domains))
    assert [(one.group, one.derivatives, one.share) for one in shares] == [
        ("financial", 0, None),
        ("legal", 1, 1.0),
        ("medical", 1, 1.0),
    ]


def test_no_change_gives_the_expected_number() -> None:
    """Of simulated derivatives that do not differ from their base, as many are mixed as both methods expect."""
    random = np.random.default_rng(7)
    rows: list[DriftRow] = []
    items: dict[str, list[PairedItems]] = {}
    names = tuple(str(number) for number in range(60))
    for number in range(300):
        model = f"m{number:03}"
        hard = random.random((2, 60)) < 0.4
        for judge in range(4):  # judges of the same replies, each wrong on a tenth of them
            seen = hard ^ (random.random((2, 60)) < 0.1)
            value, reference = seen.astype(float)
            rows.append(row(model, str(judge), float(np.rint((value - reference).sum()))))
            items.setdefault(model, []).append(
                PairedItems(
                    model=model,
                    reference="oak/base",
                    instrument=str(judge),
                    name="asked",
                    items=names,
                    values=value,
                    reference_values=reference,
                )
            )
    (kept,) = share_mixed(find_contradictions(rows, items, draws=500), lambda _: ("all",))
    (formula,) = share_mixed(find_contradictions(rows), lambda _: ("all",))
    assert kept.by_permutation == 300
    assert 0 < kept.expected_error < 300**0.5 * 0.5 / 500**0.5
    assert formula.expected_error == 0
    assert abs(kept.mixed - kept.expected) < 3 * np.sqrt(300 * 0.25)
    assert formula.expected > kept.mixed + 3 * np.sqrt(300 * 0.25)


@given(st.integers(0, 40), st.integers(0, 40))
def test_an_interval_holds_its_share(successes: int, more: int) -> None:
    """Wilson's interval lies within 0 and 1 and around the share; nothing is said of no trials."""
    trials = successes + more
    low, high = wilson_interval(successes, trials)
    if low is None or high is None:
        assert trials == 0
    else:
        assert 0 <= low <= successes / trials + 1e-12
        assert successes / trials - 1e-12 <= high <= 1


def test_wilson_is_the_known_interval() -> None:
    """13 of 16, the study's medical figure: 57 to 93 %."""
    assert wilson_interval(13, 16) == pytest.approx((0.5699, 0.9341), abs=1e-3)
