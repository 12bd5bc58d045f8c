"""Every format of `lineage export` holds hostile names and texts as text: nothing runs, is fetched or breaks."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from lxml import etree

from lineage.exports.formats import FORMATS
from store.connect import open_database
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, export

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

BY_NAME = {one.name: one for one in FORMATS}
XML = ("gexf", "graphml", "svg")
DOCUMENTS = ("cyclonedx", "cyjs", "json", "prov", "spdx3")
TEXTS = ("dot", "mermaid", "newick")
SHEETS = ("csv",)
IMPORTS = ("neo4j",)
ARRAYS = ("arrow", "parquet")
PAGES = ("html",)
PICTURES = ("png",)
LINES = ("jsonl",)
OF_THE_EXTRA = {"cyclonedx": "cyclonedx", "png": "resvg_py", "prov": "prov", "spdx3": "spdx_python_model"}
FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
NEVER = {"script", "foreignobject", "image", "use", "a", "iframe", "animate", "set"}


def written(path: Path, name: str, folder: Path) -> Path:
    """Return the file or folder that an export of everything makes."""
    if name in OF_THE_EXTRA:
        pytest.importorskip(OF_THE_EXTRA[name], reason="needs the extra reports")
    form = BY_NAME[name]
    place = folder / f"out{form.ending}"
    export(path, ExportRequest(form=form, target=OutputTarget(path=place, is_folder=form.is_folder)))
    return place


def ids_of(path: Path) -> set[str]:
    """Return the names of all models of a database."""
    database = open_database(path, "read")
    try:
        return {str(row[0]) for row in database.query("select id from models").rows}
    finally:
        database.close()


def test_every_format_is_held_against_the_list() -> None:
    """A new format has a place in these tests, or this one fails."""
    assert {*XML, *DOCUMENTS, *TEXTS, *SHEETS, *IMPORTS, *ARRAYS, *PAGES, *PICTURES, *LINES} == set(BY_NAME)


def test_the_database_holds_the_whole_list(hostile_db: Path, hostile: Mapping[str, str]) -> None:
    """All of them were loaded, so that each export has all to write; half a surrogate is none that can be stored."""
    assert ids_of(hostile_db) == {
        "maple/base",
        *(f"foe/{text}".replace("\ud800", "\ufffd") for text in hostile.values()),
    }


@pytest.mark.parametrize("name", XML)
def test_xml_stays_xml(hostile_db: Path, tmp_path: Path, name: str, controls: re.Pattern[str]) -> None:
    """It parses strictly, has no document type, no element that runs or fetches, and no handler."""
    strict = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.parse(str(written(hostile_db, name, tmp_path)), strict)
    assert not root.docinfo.doctype
    assert name != "svg" or controls.findall("".join(root.getroot().itertext()).replace("\n", "")) == []
    for element in root.iter(etree.Element):
        assert etree.QName(element).localname.lower() not in NEVER
        for key, value in element.attrib.items():
            attribute = etree.QName(key).localname.lower()
            assert not attribute.startswith("on")
            assert attribute != "href" or value.startswith("#")
            assert "javascript:" not in value or attribute in {"id", "label", "source", "target", "value"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_json_stays_one_document(hostile_db: Path, tmp_path: Path, name: str, hostile: Mapping[str, str]) -> None:
    """It parses, no name adds a field of its own, and nobody's key becomes one."""
    text = written(hostile_db, name, tmp_path).read_bytes().decode()
    keys = {key for key, _ in pairs(json.loads(text))}
    assert "evil" not in keys
    assert hostile["sql"] not in keys
    assert hostile["json"] in " ".join(str(value) for _, value in pairs(json.loads(text)))


def pairs(value: Any, key: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401 - JSON
    """Yield every key of a document with each plain value below it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from pairs(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from pairs(one, key)
    else:
        yield key, value


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_one_object(hostile_db: Path, tmp_path: Path, name: str) -> None:
    """Line ends within names end no line."""
    lines = written(hostile_db, name, tmp_path).read_bytes().decode().split("\n")
    found = [json.loads(line) for line in lines if line]
    assert {str(one["id"]) for one in found if "id" in one} >= ids_of(hostile_db)


@pytest.mark.parametrize("name", TEXTS)
def test_drawings_in_text_are_harmless(hostile_db: Path, tmp_path: Path, name: str, controls: re.Pattern[str]) -> None:
    """No control or hiding character is in them, and a name makes no statement of its own."""
    text = written(hostile_db, name, tmp_path).read_bytes().decode()
    assert controls.findall(text.replace("\n", "")) == []
    starts = {
        "dot": ("digraph ", "rankdir=", "node [", "edge [", '"', "}"),
        "mermaid": ("flowchart LR", "  m", "  classDef ", "  class "),
        "newick": ("(",),
    }[name]
    lines = text.splitlines()
    assert [line for line in lines if not line.startswith(starts)] == []
    assert name != "mermaid" or not any(mark in text for mark in ("%%", "<", "](", "javascript:"))
    assert name != "newick" or len(lines) == 1


@pytest.mark.parametrize("name", SHEETS)
def test_no_cell_is_a_formula(hostile_db: Path, tmp_path: Path, name: str) -> None:
    """A spreadsheet runs nothing: what starts like a formula has an apostrophe first, unless it is a number."""
    cells = 0
    for file in sorted(written(hostile_db, name, tmp_path).iterdir()):
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        for cell in (cell for row in rows[1:] for cell in row):
            cells += 1
            assert not cell.lstrip(" ").startswith(FORMULA) or cell.lstrip("-").replace(".", "").isdigit()
    assert cells > 500


@pytest.mark.parametrize("name", IMPORTS)
def test_a_graph_database_imports_whole_rows(hostile_db: Path, tmp_path: Path, name: str) -> None:
    """A row a model, and every row has its columns; no apostrophe is put first, as these are no sheets."""
    found = []
    for file in sorted(written(hostile_db, name, tmp_path).iterdir()):
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        found.append(len(rows) - 1)
    assert max(found) == len(ids_of(hostile_db))


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_hold_every_name(hostile_db: Path, tmp_path: Path, name: str) -> None:
    """A column of texts is bytes to whoever reads it, and all names come back."""
    place = written(hostile_db, name, tmp_path)
    content = (place / f"models{BY_NAME[name].ending}").read_bytes()
    table = pl.read_parquet(content) if name == "parquet" else pl.read_ipc(content)
    assert set(table["id"].to_list()) == ids_of(hostile_db)


def test_the_page_runs_nothing_of_theirs(hostile_db: Path, tmp_path: Path, page_of: Callable[[str], Any]) -> None:
    """The explorer page has its data and its script, and no element, handler or address that a name made."""
    page = page_of(written(hostile_db, "html", tmp_path).read_text("utf-8"))
    assert page.acting() == []
    assert [given.get("type") for tag, given in page.tags if tag == "script"][1:] == ["module"]
    assert sum(tag == "style" for tag, _ in page.tags) == 1
    assert sum(given.get("http-equiv") == "Content-Security-Policy" for _, given in page.tags) == 1


def test_the_picture_is_one(hostile_db: Path, tmp_path: Path) -> None:
    """A picture is drawn of all of them, which fetched nothing to be drawn."""
    content = written(hostile_db, "png", tmp_path).read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert content.endswith(b"IEND\xaeB`\x82")
