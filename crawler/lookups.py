"""Models asked for one by one, over a few connections: ancestors that no listing brought, and models that vanished."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from crawler.expand import asked_keys
from crawler.repositories import Found, Gone, Unreadable, look_up
from lineage.pages import FoundModel, GoneModel, GoneStatus
from lineage.progress import ModelsTaken, Remarked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.walks import Run
    from lineage.progress import Event

CONNECTIONS: Final = 4
BATCH: Final = 20


def look_up_all(run: Run, names: Sequence[str], *, was_known: bool) -> Iterator[Event]:
    """Ask for models by name, a batch stored at a time; yields an event a batch.

    `was_known` says that the models were there once, so that one that is not shown any more is `deleted`.
    """
    with ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="look-up") as pool:
        for batch in batches(names, BATCH):
            answers = list(pool.map(lambda name: look_up(run.wire, name), batch))
            found = [FoundModel(body=a.body, former_id=a.id_asked) for a in answers if isinstance(a, Found)]
            gone = [judge_absence(a, was_known=was_known) for a in answers if not isinstance(a, Found)]
            asked = min((a.asked for a in answers if isinstance(a, Found)), key=len, default=asked_keys("full"))
            run.shelf.take_models(found, gone, run.facts(asked), run.spending.take())
            yield from (Remarked(text=f"{a.id_asked}: {a.reason}") for a in answers if isinstance(a, Unreadable))
            yield ModelsTaken(found=len(found), gone=len(gone))


def judge_absence(answer: Gone | Unreadable, *, was_known: bool) -> GoneModel:
    """Return what becomes of a model that the Hub does not show.

    The Hub gives one answer for a deleted repository and for one made private: 401 to the anonymous, 404 to others. A
    model that was there once is then filed as `deleted`, and the evidence says how much that is worth; `private` only
    where the Hub says that the repository exists.
    """
    match answer:
        case Gone(kind="restricted"):
            return GoneModel(id=answer.id_asked, status="private", evidence=f"HTTP {answer.status}: {answer.reason}")
        case Gone(kind="disabled"):
            return GoneModel(id=answer.id_asked, status="deleted", evidence=f"disabled by the Hub: {answer.reason}")
        case Gone():
            status: GoneStatus = "deleted" if was_known else "missing"
            code = f" {answer.error_code}" if answer.error_code else ""
            evidence = f"HTTP {answer.status}{code}: deleted, or private to others (the Hub does not say which)"
            return GoneModel(id=answer.id_asked, status=status, evidence=evidence)
        case Unreadable():
            return GoneModel(id=answer.id_asked, status="missing", evidence=answer.reason)


def batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield the names, `size` at a time."""
    yield from (names[start : start + size] for start in range(0, len(names), size))
