"""Files of scores with something wrong in each, and cards of the same kind: drawn from a seed."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

if TYPE_CHECKING:
    import random

    from tests.fuzzing import bad_json, sound_files
else:  # beside this file, wherever it is loaded from
    bad_json, sound_files = import_module("bad_json"), import_module("sound_files")

PARQUET: Final = "parquet"
FORMS: Final = (*sound_files.FORMS, PARQUET)
STRANGE: Final = (
    *("null", "5", "'text'", "1e308", "'nan'::double", "'-inf'::double", "true", "''", "repeat('x', 5000)"),
    *("[1, 2]", "{'a': 1}", "map {'a': 1}", "date '2026-01-01'", "timestamp '2026-01-01'", "interval 1 day"),
    *(
        "1.5::decimal(38, 10)",
        "'\\x00\\xFF'::blob",
        "uuid()",
        "chr(0)",
        "chr(8238) || 'x'",
        "170141183460469231731687303715884105727",
    ),
    *("'{\"a\": 1}'::json", "[[[[1]]]]", "time '12:00'", "timestamptz '2026-01-01 00:00:00+00'", "255::utinyint"),
)
TABLE: Final = {
    "model": f"'{sound_files.MODEL}'",
    "instrument": "'truthfulqa_mc1'",
    "item": "'q' || range",
    "value": "range % 2",
    "cluster": "'c'",
    "run": "'r'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadFile:
    """Files of one form, of which one is not as it should be; `way` says what was done to it."""

    form: str
    way: str
    files: dict[str, bytes]

    def write(self, folder: Path) -> None:
        """Write them into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


def bad_file(chance: random.Random, forms: tuple[str, ...] = FORMS) -> BadFile:
    """Draw files of a form with something wrong in one of them."""
    form = chance.choice(forms)
    if form == PARQUET:
        return _bad_parquet(chance)
    documents = sound_files.FORMS[form]()
    chosen = chance.choice(list(documents))
    way = chance.choice(("value", "value", "values", "bytes"))
    files = {}
    for name, document in documents.items():
        changed = document
        for _ in range({"value": 1, "values": chance.randrange(2, 5), "bytes": 0}[way] if name == chosen else 0):
            changed = _changed(chance, changed)
        content = _packed(changed) if name.endswith(".eval") else _written(changed)
        files[name] = bad_json.broken(chance, content) if name == chosen and way == "bytes" else content
    return BadFile(form=form, way=way, files=files)


def sound_file(form: str) -> BadFile:
    """Return the files of a form with nothing wrong."""
    if form == PARQUET:
        return BadFile(form=form, way="none", files={"items.parquet": _parquet(TABLE)})
    documents = sound_files.FORMS[form]()
    files = {
        name: _packed(document) if name.endswith(".eval") else _written(document)
        for name, document in documents.items()
    }
    return BadFile(form=form, way="none", files=files)


def _changed(chance: random.Random, document: Any) -> Any:  # noqa: ANN401 -- what a file holds
    if isinstance(document, str):
        return _changed_cells(chance, document)
    return bad_json.mutated(chance, document)


def _changed_cells(chance: random.Random, text: str) -> str:
    """Return a CSV in which a cell is another, a row is longer or shorter, or a quote stands where none should."""
    rows = [line.split(",") for line in text.splitlines()]
    row = chance.choice(rows)
    match chance.randrange(5):
        case 0:
            row[chance.randrange(len(row))] = chance.choice((*bad_json.TEXTS, *bad_json.NUMBERS, "nan", "inf", "١٢"))
        case 1:
            row.insert(chance.randrange(len(row)), chance.choice(bad_json.TEXTS))
        case 2:
            row.pop()
        case 3:
            row[chance.randrange(len(row))] += chance.choice(('"', "\x00", "\r", "\u202e", "\x1a", "'"))
        case _:
            rows.append(list(row))
    return "".join(",".join(cells) + "\n" for cells in rows)


def _written(document: Any) -> bytes:  # noqa: ANN401 -- as above
    if isinstance(document, str):
        return document.encode("utf-8", "surrogatepass")
    if isinstance(document, list):
        return "".join(f"{bad_json.write(row)}\n" for row in document).encode()
    inner = document.get("") if isinstance(document, dict) and set(document) == {""} else document
    return bad_json.write(inner).encode()


def _packed(entries: Any) -> bytes:  # noqa: ANN401 -- as above
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            archive.writestr(name.replace("\x00", "0") or "0", bad_json.write(entry))
    return body.getvalue()


def _bad_parquet(chance: random.Random) -> BadFile:
    if chance.random() < 0.5:
        return BadFile(form=PARQUET, way="bytes", files={"items.parquet": bad_json.broken(chance, _parquet(TABLE))})
    columns = dict(TABLE)
    for _ in range(chance.randrange(1, 4)):
        name = chance.choice(list(columns))
        if chance.random() < 0.2 and len(columns) > 1:
            del columns[name]
        else:
            columns[name] = chance.choice(STRANGE)
    return BadFile(form=PARQUET, way="value", files={"items.parquet": _parquet(columns)})


def _parquet(columns: dict[str, str]) -> bytes:
    """Return a parquet file of six rows whose columns are these expressions of DuckDB's."""
    chosen = ", ".join(f'{expression} as "{name}"' for name, expression in columns.items())
    return _copied(f"select {chosen} from range(6)")  # noqa: S608 -- expressions of ours


def _copied(query: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(":memory:", config={"threads": 1}) as connection:
        path = Path(folder) / "x.parquet"
        connection.sql(query).write_parquet(str(path))
        return path.read_bytes()
