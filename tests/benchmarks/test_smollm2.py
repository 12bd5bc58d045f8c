"""The parts of the repair of a real model that run no model: what is asked, and what is read from the answer."""

from __future__ import annotations

from benchmarks.repairs.smollm2 import (
    LEARNED,
    OVER_REFUSED,
    REFUSED,
    REMEDIES,
    REQUESTS,
    WORDINGS,
    RealRepair,
    ask_for_requests,
    make_items,
)

TEXT = """Kind of drift: threshold moved: d' 2.54 -> 2.32 (-0.22, -0.73 to +0.29), c +0.0 -> -1.1 (-1.2, -1.4 to -0.9)

restored: as it is
93% of the gain is kept on the half that confirms
"""


def test_no_request_is_both_asked_and_learned() -> None:
    """What the unsafe model learns is in no instrument, and no instrument asks anything twice."""
    asked, others = ask_for_requests(REQUESTS)
    every = [*asked[REFUSED], *asked[OVER_REFUSED], *others]
    assert len(set(every)) == len(every)
    assert [len(questions) for questions in asked.values()] == [REQUESTS, REQUESTS]
    assert ask_for_requests(3)[1] == others


def test_the_items_of_an_instrument_have_names_of_their_own() -> None:
    """Requests have two replies, the refusal first; remedies are the learned ones, a cluster for each."""
    items = make_items(REQUESTS)
    assert {name: len(held) for name, held in items.items()} == {
        REFUSED: REQUESTS,
        OVER_REFUSED: REQUESTS,
        REMEDIES: LEARNED * WORDINGS,
    }
    assert len({item.cluster for item in items[REMEDIES]}) == LEARNED
    assert all(len({item.id for item in held}) == len(held) for held in items.values())


def test_what_the_command_says_is_read() -> None:
    """The kind, the share that is kept and the items of the search; nothing of it where nothing was found."""
    rows = [
        {"half": "search", "is_chosen": True},
        {"half": "confirmation", "is_chosen": False},
        {"half": "confirmation", "is_chosen": True, "recipe": "this"},
    ]
    told = ("search: a recipe", "1,488 items to search, 304 to confirm; 0 of them run now, in 0.0 min")
    found = RealRepair(name="it", text=TEXT, rows=rows, told=told, cpu_seconds=1.0)
    assert (found.kind, found.kept, found.searched) == ("threshold moved", 0.93, 1488)
    assert found.confirmed == rows[2]
    none = RealRepair(name="it", text="", rows=rows[:2], told=(), cpu_seconds=1.0)
    assert (none.kind, none.kept, none.searched, none.confirmed) == ("", None, 0, None)
