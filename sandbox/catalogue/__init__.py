"""A fictional Hub's catalogue: families in medicine, law, finance and neither, with the real Hub's oddities."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from sandbox.catalogue import results
from sandbox.catalogue.bases import base_models
from sandbox.catalogue.declarations import odd_declarations
from sandbox.catalogue.domain_models import domain_specimens
from sandbox.catalogue.draft import Truth
from sandbox.catalogue.false_friends import false_friends
from sandbox.catalogue.families import grow_families
from sandbox.catalogue.ground_truth import truths
from sandbox.catalogue.hostile import hostile_models
from sandbox.catalogue.hub import publish
from sandbox.catalogue.malformed import malformed_records
from sandbox.catalogue.odd_families import odd_kin
from sandbox.catalogue.readmes import odd_readmes
from sandbox.catalogue.results import with_results
from sandbox.catalogue.silent_roots import silent_roots

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Draft
    from sandbox.hub.repo import Repo

__all__ = ["Truth", "generate", "true_values", "truth"]

_ODDITIES = (
    odd_kin,
    odd_declarations,
    malformed_records,
    odd_readmes,
    hostile_models,
    domain_specimens,
    false_friends,
    silent_roots,
)


def generate(*, seed: int = 0, models: int = 600) -> tuple[Repo, ...]:
    """Return a catalogue of `models` repositories, oldest first by `_id`; equal arguments give equal bytes.

    Bases and oddities have the same ids for every seed and size; `models` scales the ordinary families. Raises
    ValueError if `models` is too few for the bases and oddities.
    """
    return publish(with_results(_drafts(seed, models), seed), seed)


def truth(*, seed: int = 0, models: int = 600) -> dict[str, Truth]:
    """Return the truth about every model that `generate` makes from the same arguments, by id."""
    return truths(_drafts(seed, models))


def true_values(*, seed: int = 0, models: int = 600) -> dict[str, dict[str, float]]:
    """Return the true score of every text model that `generate` makes, by id and data set, as a share of 1."""
    return results.true_values(_drafts(seed, models), seed)


def _drafts(seed: int, models: int) -> list[Draft]:
    bases = base_models()
    by_id = {base.id: base for base in bases}
    others = [draft for oddities in _ODDITIES for draft in oddities(by_id)]
    least = len(bases) + len(others)
    if models < least:
        raise ValueError(f"a catalogue has at least {least} models, not {models}")
    chance = Random(seed)
    return [*bases, *others, *grow_families(chance, bases, others, models - least)]
