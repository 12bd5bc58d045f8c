"""A hundred readers of one `lineage serve`, while a crawl writes the database, is killed, and goes on."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.crawls import GENEROUS, killed_after, repo_store, undisturbed
from benchmarks.rig.siege.tables import ask, check_equal
from sandbox.hub.run import serve

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case
    from sandbox.hub.run import RunningHub

READERS: Final = 100
PATHS: Final = ("/api/v1/status", "/api/v1/models?limit=50", "/api/v1/models?limit=1000&sort=likes")
PRESENT: Final = "select count(*) from hub.models where status = 'present'"
KILLS: Final = 4
MOST_STARTS: Final = 40
LONGEST_WAIT_SECONDS: Final = 60.0


@dataclass(slots=True)
class Seen:
    """What all readers saw: the answers by request and state, and what must not happen."""

    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    last: dict[int, tuple[str, str]] = field(default_factory=dict)  # by reader: which state, and the rows
    counts: Counter[str] = field(default_factory=Counter)
    broken: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)


def besiege(case: Case) -> Outcome:
    """Read without pause while crawls write and are killed; then compare the answers with the database."""
    chance, out, seen = case.chance, Outcome(), Seen()
    calm, wild = undisturbed(case.shared, "all"), case.folder / "wild.duckdb"
    with serve(repo_store(), quota=GENEROUS, faults="504>62,delay=0.05") as hub:
        killed_after(hub, crawl(hub, wild), 2, 0.0)
        server, port = start_server(case.folder, wild)
        readers = [threading.Thread(target=read, args=(port, number, seen), daemon=True) for number in range(READERS)]
        for reader in readers:
            reader.start()
        out.counts["kills of a crawl that is read"] = keep_crawling(hub, case, chance, out)
        settle(wild, seen, out)
    seen.over.set()
    for reader in readers:
        reader.join()
    ended = victims.end(server, case.folder / "served", 0.0, signal.SIGINT)
    out.check(holds=ended.code == 0 and not ended.fault, otherwise=f"the server: {ended.code} {ended.said[-200:]}")
    left = [*case.shared.glob("lineage-serve-*"), *case.folder.glob("*.copy"), *case.folder.glob("*.part")]
    out.check(holds=not left, otherwise=f"left behind: {', '.join(one.name for one in left)}")
    out.broken.extend(sorted(seen.broken))
    out.counts.update(seen.counts)
    out.counts["states of the database that were read"] += len({moment for _, moment in seen.answers})
    check_equal(out, calm, wild)
    return out


def start_server(folder: Path, path: Path) -> tuple[ForkServerProcess, int]:
    """Start `lineage serve`, and return it with the port that it reported."""
    log = folder / "served"
    server = victims.start(victims.Command(words=("serve", "--db", str(path), "--port", "0"), log=log))
    for _ in waiting():
        told = re.search(r"127\.0\.0\.1:(\d+)/", log.read_text("utf-8")) if log.exists() else None
        if told:
            return server, int(told[1])
    raise RuntimeError(f"no server: {log.read_text('utf-8') if log.exists() else 'it never began'}")


def keep_crawling(hub: RunningHub, case: Case, chance: random.Random, out: Outcome) -> int:
    """Crawl until a crawl ends, killing the first ones after some requests; return how many were killed."""
    kills = 0
    for _ in range(MOST_STARTS):
        command = crawl(hub, case.folder / "wild.duckdb")
        if kills < KILLS:
            ended = killed_after(hub, command, chance.randint(2, 6), chance.random() * 0.2)
        else:
            ended = victims.run(command)
        kills += ended.code == -signal.SIGKILL
        if ended.fault or ended.code in {1, 2}:
            out.broken.append(f"a crawl: {ended.fault or ended.said[-200:]}")
        if ended.code in {0, 1, 2}:
            return kills
    out.broken.append(f"no crawl ended in {MOST_STARTS} starts")
    return kills


def crawl(hub: RunningHub, path: Path) -> victims.Command:
    """Return the command that crawls the whole Hub."""
    words = ("crawl", "--all", "--endpoint", hub.url, "--db", str(path))
    return victims.Command(words=words, log=path.with_name("log"))


def settle(path: Path, seen: Seen, out: Outcome) -> None:
    """Wait until the readers see the database as it is now, the same in every answer; note where they do not."""
    ((models,),) = ask(path, PRESENT)
    for _ in waiting():
        with seen.lock:
            last = dict(seen.last)
        told = {
            present(json.loads(rows)) for number, (_, rows) in last.items() if PATHS[number % len(PATHS)] == PATHS[0]
        }
        if told == {models} and len({moment for moment, _ in last.values()}) == 1:
            return
    out.broken.append(f"readers do not see the {models} models that there are")


def read(port: int, number: int, seen: Seen) -> None:
    """Request one thing again and again, and record what must not happen."""
    path = PATHS[number % len(PATHS)]
    connection = HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT_SECONDS)
    latest, most = "", 0
    while not seen.over.is_set():
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            note(seen, "answers that broke off", f"an answer to {path} broke off: {type(error).__name__}")
            connection.close()
            continue
        if answer.status == 503 and answer.headers["Retry-After"] and not latest:  # noqa: PLR2004 -- Unavailable
            note(seen, "answers that there is nothing to read yet")
            time.sleep(0.05)
        elif answer.status != 200:  # noqa: PLR2004 -- OK
            note(seen, "answers of another status", f"{path} answered {answer.status}: {body}")
        else:
            rows = [list(row.values()) for row in body["rows"]]
            count = present(rows) if path == PATHS[0] else len(rows)
            if body["as_of"] < latest or count < most:
                note(seen, "answers older than one before", f"{path}: an answer is older than the one before it")
            latest, most = body["as_of"], count
            keep(seen, number, latest, json.dumps(rows))


def note(seen: Seen, what: str, broken: str | None = None) -> None:
    """Count an event, and record what does not hold about it."""
    with seen.lock:
        seen.counts[what] += 1
        seen.broken |= {broken} if broken else set()


def keep(seen: Seen, number: int, moment: str, rows: str) -> None:
    """Keep an answer, and record if another one of the same state said something else."""
    path = PATHS[number % len(PATHS)]
    with seen.lock:
        seen.counts["answers to a hundred readers"] += 1
        seen.last[number] = moment, rows
        if seen.answers.setdefault((path, moment), rows) != rows:
            seen.broken.add(f"{path}: two answers of one state differ")


def present(rows: list[list[object]]) -> int:
    """Return how many models a status tells, 0 where it tells none."""
    return next((int(str(row[2])) for row in rows if row[:2] == ["models", "present"]), 0)


def waiting() -> Iterator[None]:
    """Return every few milliseconds until the time is over."""
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < until:
        yield
        time.sleep(0.02)
