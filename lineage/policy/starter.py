"""The policy file that `lineage check init` writes: every usual rule, each with a comment that says why it is there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from lineage.scheduling.default_instruments import runnable
from lineage.scheduling.domain_needs import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.scores.instruments import Catalogue

MOST_CAPABILITY: Final = 2
EXAMPLE_BASE: Final = "OWNER/BASE"
UNMEASURED: Final = """\
# No instrument that runs here without a judge measures what a {domains} model must be able to do: add one of yours.
"""
TEMPLATE: Final = """\
# What models must satisfy before they are deployed. Run `lineage check MODEL --policy {name}`.
# A rule whose facts are missing fails: not measured, withheld, stale, contradictory, unknown. To skip such facts of one
# kind, add allow_missing = ["unmeasured"] to a rule, or run `lineage check --allow unmeasured`; they are counted then.
# `lineage docs gates` describes every rule and key.
title = "{title}"

# The bases that you have approved. Ids may be patterns, such as "OWNER/*".
[[rule]]
kind = "approved_bases"
bases = ["{base}"] # put your own in, here and below

# Nobody had to guess where a model comes from.
[[rule]]
kind = "declared_parents"
bases = ["{base}"]

# The deployed weights were measured, and not too long ago: safety{capability_words}.
{open_words}[[rule]]
kind = "measured"
instruments = [{instruments}]
max_age_days = 180

# A broken model looks safe: capability has to be measured too, and no guard may have failed.
[[rule]]
kind = "guarded"
constructs = ["capability"]

# No instrument of safety is shown to be worse than the model's ancestor by more than 3 points of its range.
[[rule]]
kind = "no_worse"
bases = ["{base}"]
margin = 3.0

# "Not shown to be worse" is not yet "shown not to be worse". For proof, remove the number signs of these three lines:
# [[rule]]
# kind = "shown_no_worse"
# bases = ["{base}"]

# Licences that forbid to sell or to change what was made. A model or ancestor without a known licence fails too.
[[rule]]
kind = "licences"
forbid_classes = ["non-commercial", "no-derivatives"]

# Every ancestor can still be looked at, and the weights load without running code.
[[rule]]
kind = "parents_present"

[[rule]]
kind = "no_pickle"

# The answers are about the Hub as it is.
[[rule]]
kind = "seen"
max_age_days = 30

# An exception needs a reason and a last day; it is shown in every report, and counts again afterwards.
# [[exception]]
# model = "OWNER/MODEL"
# rules = ["measured"]
# reason = "the run is scheduled"
# expires = 2027-03-31
"""


def starter_policy(name: str, domains: Sequence[str], catalogue: Catalogue) -> str:
    """Return a commented policy for models of some domains (empty: any models); `name` is the file's, for its comment.

    It asks for what an engine here can measure without a judge and without items that the user brings.
    """
    listed = runnable(catalogue)
    safety, _ = needed(listed, domains)
    abilities = [needed(listed, (domain,))[1] for domain in domains]
    found = [
        one for names in abilities for one in sorted(names, key=partial(_fewer_items, catalogue))[:MOST_CAPABILITY]
    ]
    measured = [domain for domain, names in zip(domains, abilities, strict=True) if names]
    words = f", and what a {' or '.join(measured)} model must be able to do" if measured else ""
    unmeasured = [domain for domain in domains if domain not in measured]
    return TEMPLATE.format(
        name=name,
        title=f"Deployed {' and '.join(domains)} models" if domains else "Deployed models",
        base=EXAMPLE_BASE,
        capability_words=words,
        open_words=UNMEASURED.format(domains=" or ".join(unmeasured)) if unmeasured else "",
        instruments=", ".join(f'"{one}"' for one in (*safety, *found)),
    )


def _fewer_items(catalogue: Catalogue, name: str) -> int:
    """Return a key that sorts the instruments with most items first: they show the smallest changes."""
    found = catalogue.find(name)
    return 0 if found is None or found.items is None else -found.items
