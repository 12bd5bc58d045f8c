"""What `lineage scores rescore` does: kept replies, a new score, and what it says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.catalogue import find_instrument, with_stored
from store.commands.opening import changing, now
from store.commands.printing import say

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scheduling.job import Options
    from lineage.scores.instruments import Catalogue


def rescored_facts(
    db: Path, run: str, given: Options, instrument: str | None, catalogue: Catalogue
) -> dict[str, object]:
    """Score the replies of a run again, store the score, and return what to tell of it.

    No database is open while a judge is asked, so that others may write to it meanwhile. Raises what `load_replies`,
    `read_options`, `find_instrument` and `rescore` raise, the first also where the replies were removed meanwhile.
    """
    from evaluation.engines.endpoint.options import read_options
    from evaluation.jobs.rescore import rescore
    from store.drift.write_drift import refresh
    from store.scores.replies import load_replies, write_rescored
    from store.scores.scorer_agreement import write_calibration

    options = read_options(given)
    with changing(db) as database:  # for writing, so that a database that cannot be written to costs no judge
        found = load_replies(database, run)
        known = with_stored(catalogue, database)
    measured = found.instrument if instrument is None else find_instrument(known, instrument)
    done = rescore(found, measured, options)
    with changing(db) as database:
        load_replies(database, found.run)
        if done.calibration is not None:
            write_calibration(database, done.calibration, now())
        if write_rescored(database, done.score, found.run, now()):
            refresh(database)
        else:
            say("this score is known already")
    if done.left_out:
        say(f"{done.left_out:,} of {len(found.replies):,} replies have no verdict, or are kept in part only: left out")
    identity = done.score.identity
    return {
        "run": done.score.run,
        "rescored": found.run,
        "model": done.score.model,
        "instrument": measured.name,
        "value": done.score.value,
        "items": done.score.items,
        "left_out": done.left_out,
        "scorer": identity.scorer,
        "judge": identity.judge,
    }
