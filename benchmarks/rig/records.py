"""Records to measure with: the real snapshot of July 2024 if it lies beside the repository, else generated ones."""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import zipfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import IO

SNAPSHOT_RECORDS: Final = 760_000
_ROOT: Final = Path(__file__).resolve().parents[2]
SNAPSHOT: Final = _ROOT.parent.joinpath("shared", "data", "hub-2024-07-11", "models_list_2024-07-11.jsonl.xz")
WHOLE_RECORDS: Final = tuple(sorted(SNAPSHOT.parent.glob("md_*.zip")))
"""Archives of the same days with the whole records of models whose ids begin with a digit or q."""
_FIRST_SECOND: Final = 0x62200000
_TASKS: Final = ("text-generation", "text-classification", "feature-extraction", "image-classification")
_CREATED: Final = "2024-01-01T00:00:00.000Z"
CHANGED: Final = 900
NEW: Final = 100
FIGURES: Final = 745
TAGS: Final = 150
_DIGITS: Final = 16
_LATER: Final = 0x668FC000
_TAGS: Final = ("medical", "trl", "merge", "finance", "legal", "dataset:pubmed")
_ENDINGS: Final = ("", "-GGUF", "-lora")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where records come from: a file of JSON lines, or None for generated ones."""

    path: Path | None

    @property
    def name(self) -> str:
        """What the reader of a table should know of them."""
        if self.path is None:
            return "generated records of about 355 bytes (the snapshot of 2024-07-11 is not here)"
        return f"records of {self.path.name}"

    def lines(self, limit: int) -> Iterator[bytes]:
        """Yield `limit` records spread evenly over the file, each one line."""
        if self.path is None:
            yield from (generated_record(number) for number in range(limit))
            return
        total = sum(1 for _ in self.every())
        if limit > total:
            raise ValueError(f"{self.path.name} has {total} records, not {limit}")
        yield from (line for number, line in enumerate(self.every()) if _is_taken(number, limit, total))

    def every(self) -> Iterator[bytes]:
        """Yield all records of the file, or of the snapshot if there is none, each one line."""
        with _opened(self.path or SNAPSHOT) as stream:
            yield from (line for line in stream if line.strip())


def write_whole_records(path: Path) -> None:
    """Write the whole records to a file of JSON lines, so that the numbers of weights in them can be loaded."""
    with path.open("wb") as lines:
        for archive in WHOLE_RECORDS:
            with zipfile.ZipFile(archive) as files:
                for name in files.namelist():
                    if name.endswith(".json"):
                        lines.write(files.read(name).strip().replace(b"\n", b" ") + b"\n")


def find_source(chosen: Path | None) -> Source:
    """Return the file that was named, else the snapshot, else generated records."""
    if chosen is not None:
        return Source(path=chosen)
    return Source(path=SNAPSHOT if SNAPSHOT.exists() else None)


def write_cuts(source: Source, sizes: Sequence[int], folder: Path) -> dict[int, Path]:
    """Write a plain file of each size, holding one record at a time in memory; the path of each, by size."""
    cuts: dict[int, Path] = {}
    for size in sizes:
        cuts[size] = folder / f"{size}.jsonl"
        with cuts[size].open("wb") as out:
            out.writelines(source.lines(size))
    return cuts


def generated_record(number: int) -> bytes:
    """Return one record as the listing of 2024 had them, of about 355 bytes; one in six names a parent."""
    identity = f"{_FIRST_SECOND + number * 90:08x}{hashlib.sha256(str(number).encode()).hexdigest()[:16]}"
    task = _TASKS[number % len(_TASKS)]
    name = f"studio-{number % 977}/northwind-{task}-{number}"
    tags = [
        "transformers",
        "safetensors",
        "bert",
        task,
        "en",
        "license:apache-2.0",
        "region:us",
        "endpoints_compatible",
    ]
    if number % 6 == 1:
        parent = number // 7
        parent_name = f"studio-{parent % 977}/northwind-{_TASKS[parent % len(_TASKS)]}-{parent}"
        tags.insert(5, f"base_model:{parent_name}")
    record = {
        "_id": identity,
        "id": name,
        "likes": number % 13,
        "private": False,
        "downloads": number % 4099,
        "tags": tags,
        "pipeline_tag": task,
        "library_name": "transformers",
        "createdAt": _CREATED,
        "modelId": name,
    }
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def write_day(path: Path, copies: int, catalogue: Path, changes: Path) -> None:
    """Write the records of a file so many times, later under other names, and 1,000 changes drawn from all of them.

    Of these, 745 have other figures, 150 other tags or parents, 5 another name, and 100 are new.
    """
    with path.open("rb") as lines:
        records = [json.loads(line) for line in lines]
    chance = Random(17)
    chosen = set(chance.sample(range(copies * len(records)), min(CHANGED, len(records))))
    changed: list[dict[str, Any]] = []
    with catalogue.open("wb") as out:
        for number, record in enumerate(_copied(records, copies)):
            out.write(_line(record))
            if number in chosen:
                changed.append(record)
    chance.shuffle(changed)
    ids = [str(record["id"]) for record in records]
    later = [_later(place, record, ids, chance) for place, record in enumerate(changed)]
    later += [_new(place, chance.choice(records), chance) for place in range(NEW)]
    changes.write_bytes(b"".join(map(_line, later)))


def _copied(records: Sequence[Mapping[str, Any]], copies: int) -> Iterator[dict[str, Any]]:
    known = {record["id"] for record in records}
    for copy in range(copies):
        for record in records:
            if copy == 0:
                yield dict(record)
                continue
            identity, key = _named(record["id"], copy), record["_id"]
            middle = (int(key[8:12], _DIGITS) + copy * 7919) % 0x10000
            tags = [
                "base_model:" + _named(tag[11:], copy) if tag.startswith("base_model:") and tag[11:] in known else tag
                for tag in record["tags"]
            ]
            other = {"_id": f"{key[:8]}{middle:04x}{copy:x}{key[13:]}", "id": identity, "modelId": identity}
            yield {**record, **other, "tags": tags}


def _named(identity: str, copy: int) -> str:
    author, slash, name = identity.partition("/")
    return f"{author}-{copy}{slash}{name}"


def _later(place: int, record: dict[str, Any], ids: Sequence[str], chance: Random) -> dict[str, Any]:
    if place < FIGURES:
        return {**record, "downloads": record["downloads"] + chance.randint(1, 900), "likes": record["likes"] + 1}
    if place < FIGURES + TAGS:
        tag = "base_model:" + chance.choice(ids) if place % 2 else chance.choice(_TAGS)
        return {**record, "tags": [*record["tags"], tag]}
    identity = f"{record['id']}-renamed"
    return {**record, "id": identity, "modelId": identity}


def _new(place: int, record: Mapping[str, Any], chance: Random) -> dict[str, Any]:
    author, _, name = str(record["id"]).partition("/")
    identity = f"{author}/{name or author}-new{chance.choice(_ENDINGS)}"
    times = {"_id": f"{_LATER + place:08x}{place:016x}", "createdAt": "2024-07-11T12:00:00.000Z"}
    return {**record, **times, "id": identity, "modelId": identity, "downloads": 0, "likes": 0}


def _line(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def _is_taken(number: int, limit: int, total: int) -> bool:
    return number * limit // total != (number + 1) * limit // total


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".xz":
        return lzma.open(path, "rb")
    if path.suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value] # a binary stream
    return path.open("rb")
