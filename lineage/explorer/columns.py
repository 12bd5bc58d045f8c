"""The columns of the matrix: one per slot, safety first, then the instruments with most measured models."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from lineage.drift.drift_row import is_of_safety
from lineage.drift.sentences import FIELDS_IN_WORDS
from lineage.text.plain import plain
from lineage.vocabulary import Construct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.drift.current_scores import StoredIdentity

LABEL_LIMIT: Final = 60
SUBJECT_LIMIT: Final = 40
_CONSTRUCTS: Final = tuple(Construct)


def is_safety(one: StoredIdentity) -> bool:
    """Return whether an instrument measures safety rather than capability."""
    return is_of_safety(one.instrument.construct, one.instrument.direction)


def order_slots(measured: Sequence[StoredIdentity], scored: Iterable[int]) -> list[int]:
    """Return the slots that have scores, in the order of the matrix; `scored` holds the identity of every score."""
    counts = Counter(measured[number].slot for number in scored)
    first = first_of_slots(measured)

    def rank(slot: int) -> tuple[object, ...]:
        one = first[slot]
        return (
            not is_safety(one),
            _CONSTRUCTS.index(one.instrument.construct),
            -counts[slot],
            one.instrument.name,
            slot,
        )

    return sorted(counts, key=rank)


def first_of_slots(measured: Sequence[StoredIdentity]) -> dict[int, StoredIdentity]:
    """Return the first identity of every slot; the identities of a slot are equal in everything a column shows."""
    return {one.slot: one for one in reversed(measured)}


def describe_columns(measured: Sequence[StoredIdentity], slots: Sequence[int]) -> list[dict[str, object]]:
    """Return what the page shows about each column; columns of one instrument state how they differ."""
    first = first_of_slots(measured)
    chosen = [first[slot] for slot in slots]
    return [
        {
            "name": plain(one.instrument.name, LABEL_LIMIT),
            "title": plain(one.instrument.title, LABEL_LIMIT),
            "label": plain(one.instrument.label, LABEL_LIMIT + SUBJECT_LIMIT),
            "variant": _variant(one, [other for other in chosen if other.identity.name == one.identity.name]),
            "construct": one.instrument.construct.value,
            "direction": one.instrument.direction.value,
            "safety": is_safety(one),
        }
        for one in chosen
    ]


def describe_identity(one: StoredIdentity, column: int) -> dict[str, object]:
    """Return an identity with everything that distinguishes it; `column` is its place in the matrix, -1 for none."""
    told = {name: getattr(one.identity, name) for name in FIELDS_IN_WORDS if name != "name"}
    return {
        "key": plain(one.key),
        "column": column,
        "low": one.instrument.low,
        "high": one.instrument.high,
        "scale": one.instrument.scale.value,
        "identity": {FIELDS_IN_WORDS[name]: plain(str(value)) for name, value in told.items() if value is not None},
        "source": plain(one.instrument.source or ""),
        "licence": plain(one.instrument.licence or ""),
        "gated": one.instrument.gated,
    }


def _variant(one: StoredIdentity, alike: Sequence[StoredIdentity]) -> str:
    """Return how a column differs from the others of its instrument; empty if it is the only one."""
    fields = sorted({name for other in alike for name in one.identity.differences(other.identity)})
    named = [name for name in fields if name != "item_set_hash"]
    return plain(", ".join(f"{FIELDS_IN_WORDS[name]} {getattr(one.identity, name) or 'not told'}" for name in named))
