"""Tables: exact in parquet and Arrow, safe for spreadsheets in CSV, and read alike by the readers of each."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc, parquet

from lineage.exports.formats import find_format
from lineage.exports.graph_rows import EDGE_COLUMNS, MODEL_COLUMNS
from lineage.text.plain import csv_cell
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, export
from store.statements import statement

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, folder: Path, name: str) -> Path:
    """Export everything of a database as tables into a folder, and return it."""
    export(path, ExportRequest(form=find_format(name), target=OutputTarget(path=folder, is_folder=True)))
    return folder


def duckdb_rows(path: Path, reader: str) -> list[dict[str, object]]:
    """Return the rows of a file as DuckDB reads it."""
    with duckdb.connect() as connection:
        cursor = connection.execute(f"from {reader}('{path}')")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_the_tables_have_the_columns_of_the_graph(path: Path, tmp_path: Path) -> None:
    """Models and edges have the columns that every other format has, in their order."""
    folder = written(path, tmp_path / "out", "parquet")
    assert sorted(one.name for one in folder.iterdir()) == [
        "drift.parquet",
        "edges.parquet",
        "models.parquet",
        "scores.parquet",
    ]
    assert parquet.read_schema(folder / "models.parquet").names == [column.name for column in MODEL_COLUMNS]
    assert parquet.read_schema(folder / "edges.parquet").names == [column.name for column in EDGE_COLUMNS]


def test_what_is_known_of_models_is_there(path: Path, tmp_path: Path) -> None:
    """A scored derivative has its facts, its domain and a summary of its drift; None stands for what is not known."""
    folder = written(path, tmp_path / "out", "parquet")
    models = {row["id"]: row for row in duckdb_rows(folder / "models.parquet", "read_parquet")}
    chat = models["cedar/legal-chat"]
    assert (chat["domains"], chat["root"], chat["depth"]) == (["legal"], "maple/base", 1)
    assert (chat["instruments"], chat["drift"], chat["worse"], chat["better"]) == (1, "worse", 1, 0)
    assert models["oak/lora"]["drift"] == "equivalent"
    other = models["pine/other"]
    assert (other["instruments"], other["drift"], other["worse"], other["domains"]) == (None, None, None, None)
    assert models["maple/base"]["derivatives"] == 3
    drift = duckdb_rows(folder / "drift.parquet", "read_parquet")
    assert {(row["model"], row["against"]) for row in drift} >= {("cedar/legal-chat", "parent"), ("oak/lora", "root")}
    scores = duckdb_rows(folder / "scores.parquet", "read_parquet")
    assert {row["model"]: row["value"] for row in scores} == {
        "maple/base": 0.1,
        "cedar/legal-chat": 0.25,
        "oak/lora": 0.105,
    }


def test_a_record_that_moved_or_is_gone_changes_no_other_row(path: Path, tmp_path: Path) -> None:
    """A record is found where it stands now; a model without one keeps its place, id, status, root and derivatives."""
    before = duckdb_rows(written(path, tmp_path / "before", "parquet") / "models.parquet", "read_parquet")
    with duckdb.connect(str(path)) as connection:
        for change in (
            "create temp table moved as from hub.models where id = 'cedar/legal-chat'",
            "delete from hub.models where id in ('cedar/legal-chat', 'maple/base')",
            "insert into hub.models from moved",
        ):
            connection.execute(change)
    after = duckdb_rows(written(path, tmp_path / "after", "parquet") / "models.parquet", "read_parquet")
    of_records = {"author", "created_at", "revision", "library", "license", "pipeline_tag", "gated"}
    counted = {"downloads", "likes", "parameters"}
    assert any(row["id"] == "maple/base" and row["author"] for row in before)
    assert after == [
        {name: None if row["id"] == "maple/base" and name in of_records | counted else row[name] for name in row}
        for row in before
    ]


def test_every_reader_of_parquet_has_the_same(hostile_path: Path, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """DuckDB, pyarrow, pandas and polars read every id exactly, whatever is in it."""
    folder = written(hostile_path, tmp_path / "out", "parquet")
    models, edges = folder / "models.parquet", folder / "edges.parquet"
    expected = set(hostile_ids)
    assert {row["id"] for row in duckdb_rows(models, "read_parquet")} == expected
    assert set(parquet.read_table(models)["id"].to_pylist()) == expected
    assert set(pd.read_parquet(models)["id"]) == expected
    assert set(pl.read_parquet(models)["id"].to_list()) == expected
    assert set(pl.read_parquet(edges)["child"].to_list()) == expected - {hostile_ids[0]}


def test_every_reader_of_arrow_has_the_same(hostile_path: Path, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """Arrow IPC is read by pyarrow and polars with every id exactly, and times are times."""
    folder = written(hostile_path, tmp_path / "out", "arrow")
    with ipc.open_file(str(folder / "models.arrow")) as file:
        table = file.read_all()
    assert set(table["id"].to_pylist()) == set(hostile_ids)
    assert str(table.schema.field("created_at").type).startswith("timestamp")
    assert set(pl.read_ipc(folder / "models.arrow")["id"].to_list()) == set(hostile_ids)


def test_every_reader_of_csv_has_the_same(hostile_path: Path, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """The csv module, DuckDB, pandas and polars read the same ids, and none of them is a formula."""
    folder = written(hostile_path, tmp_path / "out", "csv")
    path = folder / "models.csv"
    expected = {csv_cell(one) for one in hostile_ids}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == expected
    assert {row["license"] for row in rows} == expected
    assert {row["id"] for row in duckdb_rows(path, "read_csv")} - {None} == expected - {""}
    assert set(pd.read_csv(path, keep_default_na=False, dtype=str)["id"]) == expected
    assert set(pl.read_csv(path, infer_schema=False)["id"].fill_null("").to_list()) == expected
    assert all(one[:1] not in {"=", "+", "@", "\t"} for one in expected)


def test_times_and_lists_in_csv(path: Path, tmp_path: Path) -> None:
    """Times are ISO 8601 in UTC, lists are joined, None is empty and flags are words."""
    folder = written(path, tmp_path / "out", "csv")
    with (folder / "models.csv").open(encoding="utf-8", newline="") as file:
        models = {row["id"]: row for row in csv.DictReader(file)}
    assert models["cedar/legal-chat"]["domains"] == "legal"
    assert models["cedar/legal-chat"]["created_at"].endswith("Z")
    assert models["pine/other"]["worse"] == ""
    with (folder / "edges.csv").open(encoding="utf-8", newline="") as file:
        edges = {row["child"]: row for row in csv.DictReader(file)}
    assert (edges["oak/lora"]["inferred"], edges["oak/lora"]["rule"]) == ("true", "name")


def test_neo4j_has_its_headers(hostile_path: Path, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """Nodes and relationships have the headers of the import tool, and ids that meet, each on one line."""
    folder = written(hostile_path, tmp_path / "out", "neo4j")
    lines = (folder / "models.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("id:ID,status,")
    assert lines[0].endswith(",:LABEL")
    with (folder / "models.csv").open(encoding="utf-8", newline="") as file:
        ids = {row["id:ID"] for row in csv.DictReader(file)}
    with (folder / "edges.csv").open(encoding="utf-8", newline="") as file:
        edges = list(csv.DictReader(file))
    assert len(ids) == len(hostile_ids)
    assert {row[":START_ID"] for row in edges} | {row[":END_ID"] for row in edges} == ids
    assert {row[":TYPE"] for row in edges} == {"FINETUNE"}
    assert all(one.isprintable() or "\u202e" in one or "\u200d" in one or "\u2028" in one for one in ids)


@pytest.fixture(name="cells", scope="module")
def fixture_cells() -> duckdb.DuckDBPyConnection:
    """Give a connection that knows how a text is written for a spreadsheet."""
    connection = duckdb.connect()
    connection.execute(statement("export/create_cell"))
    return connection


@given(text=st.one_of(st.text(max_size=12), st.from_regex(r"\s*[-=+@\uff1d]?[\d.eE+-]*", fullmatch=True)))
def test_a_cell_is_what_answers_write(cells: duckdb.DuckDBPyConnection, text: str) -> None:
    """The apostrophe comes where `lineage.text.plain.csv_cell` puts it: both CSV writers are equally safe."""
    found = cells.execute("select export_cell($1)", [text]).fetchall()[0][0]
    assert found == csv_cell(text).replace("\0", "\ufffd")
