"""The families that the overview shows are the first of all, in whatever order."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from store.serving.overview import OverviewSort, list_overview

if TYPE_CHECKING:
    from tests.store.conftest import Desk

FAMILIES = {
    "maple/notes": (1, 5),
    "elm/notes": (3, 0),
    "oak/ward": (2, 40),
    "fir/ward": (2, 40),
    "ash/legal": (3, 7),
    "box/ward": (1, 0),
}
"""By root: how many derivatives it has, and the downloads of each."""


def test_a_short_overview_is_the_beginning_of_the_whole(desk: Desk) -> None:
    """However few families are asked for, they are the same with the same figures; ties go by size and name."""
    records = [desk.record(number, id=root, downloads=1) for number, root in enumerate(FAMILIES, start=1)]
    for root, (count, downloads) in FAMILIES.items():
        for _ in range(count):
            number = len(records) + 1
            tags = [f"base_model:finetune:{root}", "medical"]
            records.append(desk.record(number, id=f"one/medical-{number}", downloads=downloads, tags=tags))
    desk.take(records)
    desk.derive()
    for sort, search in product(OverviewSort, (None, "WARD")):
        whole = list_overview(desk.database, domain=None, search=search, sort=sort, limit=0)
        assert len(whole.rows) == (3 if search else len(FAMILIES))
        for limit in range(1, len(FAMILIES) + 1):
            short = list_overview(desk.database, domain=None, search=search, sort=sort, limit=limit)
            assert short.rows == whole.rows[:limit]
    used = list_overview(desk.database, domain=None, search=None, sort=OverviewSort.EXPOSURE, limit=0)
    roots = ["fir/ward", "oak/ward", "ash/legal", "maple/notes", "elm/notes", "box/ward"]
    assert [row["root"] for row in used.records()] == roots
