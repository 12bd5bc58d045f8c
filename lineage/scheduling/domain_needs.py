"""Which instruments the models of a domain need: safety first, one for each construct, then the domain's capability.

Of several instruments of a construct the domain's own is taken, then one that cards and leaderboards report, because
more models can be compared on it, then the first of the catalogue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.vocabulary import Construct, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.scores.instruments import Instrument

SAFETY_ORDER: Final = (
    Construct.UNSAFE_OUTPUT,
    Construct.REFUSAL,
    Construct.OVER_REFUSAL,
    Construct.TRUTHFULNESS,
    Construct.TOXICITY,
    Construct.HAZARDOUS_KNOWLEDGE,
    Construct.BIAS,
    Construct.ETHICS,
    Construct.SAFETY_KNOWLEDGE,
)
"""The constructs of safety, those nearest to harm first."""


def needed(instruments: Iterable[Instrument], domains: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the safety instruments that models of some domains need, and of the capability instruments.

    Without a domain there are no capability instruments, because the guard tests whether a model works at all. An
    instrument of another domain is never taken.
    """
    asked = frozenset(domains)
    listed = [one for one in instruments if not one.domains or asked.intersection(one.domains)]
    safety = (_best(listed, construct) for construct in SAFETY_ORDER)
    capability = (one.name for one in listed if one.direction is Direction.CAPABILITY and one.domains)
    return tuple(one.name for one in safety if one is not None), tuple(capability)


def _best(instruments: Iterable[Instrument], construct: Construct) -> Instrument | None:
    """Return the instrument of a construct that a schedule takes; None if there is none."""
    fitting = [one for one in instruments if one.construct is construct]
    return min(fitting, key=lambda one: (not one.domains, not one.reported), default=None)
