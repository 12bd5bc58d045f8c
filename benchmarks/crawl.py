"""How fast the whole Hub is crawled: end to end by us, by the official client, and by only reading the same bytes.

The server is `lineage sandbox serve --records FILE` in a process of its own, on the same cores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from benchmarks.rig.processes import LINEAGE, Measured, Server, clean_environment, run_measured, served
from benchmarks.rig.records import SNAPSHOT_RECORDS, find_source, write_cuts
from benchmarks.rig.tables import MILLION, Cell, print_machine, print_table, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIZES: Final = (50_000, 200_000)
FULL_SIZES: Final = (50_000, 200_000, SNAPSHOT_RECORDS)
OFFICIAL_UP_TO: Final = 200_000
GOAL_RATE: Final = 20_000
GOAL_OVER_OFFICIAL: Final = 1.0
GOAL_PEAK_BYTES: Final = 500_000_000
GOAL_SECONDS: Final = 120
TODAY: Final = 20_000
OURS: Final = "lineage crawl --all"
STORED: Final = "the same, nothing derived"
OFFICIAL: Final = "huggingface_hub list_models"
LIMITS: Final = {"json": "limit: GET and json.loads", "duckdb": "limit: GET and DuckDB objects"}
COLUMNS: Final = (
    *("records", "what", "seconds", "records/s", "CPU s", "records/CPU s", "peak MB", "server CPU s", "requests"),
    *("x official", "CPU x official", "of limit"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One way to list, measured: how many records it found, and what the server spent meanwhile."""

    what: str
    records: int
    measured: Measured
    server_cpu_seconds: float | None
    requests: int | None = None

    @property
    def rate(self) -> float:
        """Records per second of wall time, including the start of the process."""
        return self.records / self.measured.wall_seconds


def main() -> None:
    """Measure each size and print the figures, the split of a crawl's time, and the goals beside the results."""
    options = _options()
    source = find_source(options.records)
    print_machine("duckdb", "httpx", "huggingface_hub")
    print(f"{source.name}, served on this machine\n")
    sizes: list[int] = options.sizes or list(FULL_SIZES if options.full else SIZES)
    trials: dict[int, list[Trial]] = {}
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        folder = Path(name)
        cuts = write_cuts(source, sizes, folder)
        for size in sizes:
            with_official = options.full or size <= OFFICIAL_UP_TO
            trials[size] = _measure(cuts[size], folder, with_official=with_official)
            print_table(COLUMNS, _rows(trials[size]))
            if not with_official:
                print(f"The official client was not measured on {size:,} records; --full does.\n")
            _check_counts(size, trials[size])
        if options.today:
            _print_today(options.today, folder)
    _print_split(trials)
    _print_goals(trials)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", help=f"records; default {SIZES}")
    parser.add_argument("--full", action="store_true", help="all 760,000 too, with the official client (minutes)")
    parser.add_argument("--records", type=Path, help="a file of records (.jsonl, .gz, .xz) instead of the snapshot")
    parser.add_argument(
        "--today", type=int, default=TODAY, help=f"records of today's shape, 0 for none; default {TODAY}"
    )
    return parser.parse_args()


def _print_today(count: int, folder: Path) -> None:
    """Measure records with cards, configurations and files, from the sandbox's catalogue."""
    path = folder / "today.jsonl"
    command = [sys.executable, "-m", "benchmarks.rig.todays_records", str(count), str(path)]
    run_measured(command, clean_environment(folder / "hf"))
    trials = _measure(path, folder, with_official=True)
    records = sum(1 for _ in path.open("rb"))
    print(f"The sandbox's own records, with cards and files, {path.stat().st_size / records:,.0f} bytes each:")
    print_table(COLUMNS, _rows(trials))
    _check_counts(records, trials)


def _measure(records: Path, folder: Path, *, with_official: bool) -> list[Trial]:
    plain = clean_environment(folder / "hf")
    with served(["--records", str(records)], plain) as server:
        _warm(server)
        whole = _crawl(server, OURS, [LINEAGE], folder / f"{records.stem}.duckdb", plain)
        bare = [sys.executable, "-m", "benchmarks.rig.stored_records", "lineage"]
        trials = [whole, _crawl(server, STORED, bare, folder / f"{records.stem}-bare.duckdb", plain)]
        for parser, what in LIMITS.items():
            trials.append(_list(server, what, ["benchmarks.rig.bare_listing", server.url, parser], plain))
        if with_official:
            environment = clean_environment(folder / "hf", {"HF_ENDPOINT": server.url})
            trials.append(_list(server, OFFICIAL, ["benchmarks.rig.official_listing"], environment))
    return trials


def _warm(server: Server) -> None:
    """Let the server build the orders that it builds on first demand: they are no client's cost."""
    for path in ("/models-json", "/api/models?sort=createdAt&direction=-1&limit=1"):
        httpx.get(server.url + path, timeout=300).raise_for_status()
    server.cpu_seconds()


def _crawl(server: Server, what: str, program: Sequence[str], db: Path, environment: Mapping[str, str]) -> Trial:
    command = [*program, "crawl", "--all", "--endpoint", server.url, "--db", str(db), "--format", "json"]
    measured = run_measured(command, environment)
    summary = json.loads(measured.stdout)[0]
    return Trial(
        what=what,
        records=int(summary["models_stored"]),
        measured=measured,
        server_cpu_seconds=server.cpu_seconds(),
        requests=int(summary["requests"]),
    )


def _list(server: Server, what: str, module: Sequence[str], environment: Mapping[str, str]) -> Trial:
    measured = run_measured([sys.executable, "-m", *module], environment)
    return Trial(what=what, records=int(measured.stdout), measured=measured, server_cpu_seconds=server.cpu_seconds())


def _rows(trials: Sequence[Trial]) -> list[list[Cell]]:
    official = next((trial for trial in trials if trial.what == OFFICIAL), None)
    limit = max(trial.rate for trial in trials if trial.what in LIMITS.values())
    return [
        [
            trial.records,
            trial.what,
            trial.measured.wall_seconds,
            trial.rate,
            trial.measured.cpu_seconds,
            trial.records / trial.measured.cpu_seconds,
            trial.measured.peak_bytes / MILLION,
            trial.server_cpu_seconds,
            trial.requests,
            ratio(trial.rate, official.rate if official else None),
            ratio(trial.measured.cpu_seconds, official.measured.cpu_seconds if official else None),
            ratio(trial.rate, limit),
        ]
        for trial in trials
    ]


def _check_counts(size: int, trials: Sequence[Trial]) -> None:
    for trial in trials:
        if trial.records != size:
            print(f"NOT COMPARABLE: {trial.what} found {trial.records:,} of {size:,} records\n")


def _print_split(trials: Mapping[int, Sequence[Trial]]) -> None:
    rows: list[list[Cell]] = []
    for size, group in trials.items():
        measured = group[0].measured
        listing = measured.first_line_at("listing")
        resolving = measured.first_line_at("resolving")
        if listing is None or resolving is None:
            continue
        rest = measured.wall_seconds - resolving
        rows.append([size, listing, resolving - listing, rest, size / (resolving - listing)])
    print("Where the seconds of a crawl go:")
    print_table(("records", "until the first page", "listing", "resolving and closing", "records/s listing"), rows)


def _print_goals(trials: Mapping[int, Sequence[Trial]]) -> None:
    ours = {size: group[0] for size, group in trials.items()}
    slowest = min(group[1].rate for group in trials.values())
    peaks = [ours[size].measured.peak_bytes for size in sorted(ours)]
    factors = [
        trial.measured.cpu_seconds / group[1].measured.cpu_seconds
        for group in trials.values()
        for trial in group
        if trial.what == OFFICIAL
    ]
    rows: list[list[Cell]] = [
        ["records/s stored, the slowest size", f"at least {GOAL_RATE:,}", slowest],
        [
            "CPU seconds of the official client over those to the stored records, the least",
            f"at least {GOAL_OVER_OFFICIAL:g}",
            min(factors, default=None),
        ],
        ["peak MB, the largest", f"under {GOAL_PEAK_BYTES / MILLION:,.0f}", max(peaks) / MILLION],
        ["peak of the largest size over that of the smallest", "flat: near 1", peaks[-1] / peaks[0]],
    ]
    if SNAPSHOT_RECORDS in ours:
        whole = ours[SNAPSHOT_RECORDS].measured.wall_seconds
        rows.append([f"seconds for {SNAPSHOT_RECORDS:,}", f"under {GOAL_SECONDS}", whole])
    print_table(("figure", "goal", "reached"), rows)


if __name__ == "__main__":
    main()
