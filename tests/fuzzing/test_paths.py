"""Every odd value at every place of a record: crawls, resolving and exports end, and no other model is changed."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import pytest

from lineage.crawl_records import PageFacts
from lineage.domains.lexicon_file import default_lexicon
from lineage.exports.formats import FORMATS
from store.connect import open_database
from store.ingest.ingest import Ingest
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, export
from store.refresh import derive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.exports.formats import ExportFormat
    from tests.fuzzing import bad_json, bad_records, record_law
else:
    bad_json, bad_records, record_law = map(import_module, ("bad_json", "bad_records", "record_law"))

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
A_PAGE: Final = 100
SOUND: Final = range(1_000_000, 1_000_020)
NEEDS: Final = {"cyclonedx": "cyclonedx", "png": "resvg_py", "prov": "prov", "spdx3": "spdx_python_model"}
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 1.5, "", "x", "base_model:", [], {}, [None], [[None, ["x"]]], {"id": {"id": None}}),
    *("\u202egnp\u202c", "a\x00b", "=1+1", "x" * 5_000, "maple/other", "infinity", "9999-12-31T23:59:59-14:00"),
    *map(bad_json.Raw, ("1" + "0" * 400, "-1e400", "NaN", r'"\ud800"', "[" * 900 + "]" * 900)),
)
VIEWS: Final = {"models": "id", "edges": "child", "evidence": "child", "shapes": "model", "domains": "model"}


def _bad() -> Iterator[dict[str, Any]]:
    """Yield a record with each value at each place, and one that names each key of it a second time."""
    plain, number = bad_records.sound_record(0, "fuzz"), 0
    for *way, last in bad_json.places(plain):
        for value in (*VALUES, "twice"):
            record: dict[str, Any] = {"mark": f"fuzz-{number}"} | bad_records.sound_record(number, "fuzz")
            holder: Any = record
            for key in way:
                holder = holder[key]
            if value == "twice" and isinstance(holder, dict):
                pair = f"{json.dumps(last)}: [null, -1]"
                holder[last] = bad_json.Raw(f"{bad_json.write(holder[last])}, {pair}")
            else:
                holder[last] = copy.deepcopy(value)
            yield record
            number += 1


def _filled(path: Path, records: list[dict[str, Any]]) -> int:
    """Store the records between sound ones in a new database and derive it; returns how many there were."""
    database = open_database(path)
    with Ingest(database) as ingest:
        for page, number in enumerate(SOUND):
            chosen = [bad_records.sound_record(number, "sound"), *records[page :: len(SOUND)]]
            for start in range(0, len(chosen), A_PAGE):
                body = f"[{','.join(map(bad_json.write, chosen[start : start + A_PAGE]))}]"
                ingest.take(body.encode(), PageFacts(crawl=1, seen_at=NOW, detail=20), lambda _: None)
    derive(database, default_lexicon(), NOW)
    derive(database, default_lexicon(), NOW)  # as `lineage resolve` does, over what is derived
    database.close()
    return len(records)


@pytest.fixture(scope="module", name="filled")
def fixture_filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """Fill a database with every bad record between the sound ones, and one with the sound ones alone."""
    folder = tmp_path_factory.mktemp("paths")
    poisoned, clean = folder / "poisoned.duckdb", folder / "clean.duckdb"
    _filled(clean, [])
    return poisoned, clean, _filled(poisoned, list(_bad()))


def test_each_is_a_model_or_a_problem(filled: tuple[Path, Path, int]) -> None:
    """None is lost without a word, and no sound one is lost at all."""
    poisoned, _, count = filled
    found = record_law.find(poisoned)
    assert count > 1_000
    assert found.stored | found.told >= set(range(count))
    assert found.sound == set(SOUND)


@pytest.mark.parametrize("view", VIEWS)
def test_no_other_model_is_changed(filled: tuple[Path, Path, int], view: str) -> None:
    """What is known of the sound models is the same, row by row, with and without the bad ones."""
    told = []
    for path in filled[:2]:
        database = open_database(path, "read")
        named = f"from {view} where {VIEWS[view]} like 'maple/sound-%' order by all"
        told.append(database.query(named).rows)
        database.close()
    assert told[0]
    assert told[0] == told[1]


def test_every_view_can_be_read(filled: tuple[Path, Path, int]) -> None:
    """No view fails on what was derived."""
    database = open_database(filled[0], "read")
    for (view,) in database.query("select view_name from duckdb_views() where not internal").rows:
        database.query(f"from {view}")
    database.close()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_export_ends(filled: tuple[Path, Path, int], tmp_path: Path, form: ExportFormat) -> None:
    """Each format is written whole: of everything, or part by part where it holds only so many models or edges."""
    if (needed := NEEDS.get(form.name)) and find_spec(needed) is None:
        pytest.skip("needs the extra reports")
    database = open_database(filled[0], "read")
    ids = [
        str(name) for (name,) in database.query("select id from models where id like 'maple/fuzz-%' order by id").rows
    ]
    database.close()
    most = min(form.most_models or len(ids), form.most_edges or len(ids))
    for start in range(0, len(ids), most):
        chosen = None if most == len(ids) else ids[start : start + most]
        target = OutputTarget(path=tmp_path / f"out-{start}{form.ending}", is_folder=form.is_folder)
        named = None if chosen is None else " ".join(chosen)
        written = export(filled[0], ExportRequest(form=form, target=target, selector=named, inferred=not chosen))
        assert written.models >= len(chosen or ids)
