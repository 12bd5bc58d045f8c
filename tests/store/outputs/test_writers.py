"""The explorer page as an export: one file, of the models asked for, whatever their names are."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lineage.exports.formats import find_format
from lineage.text.plain import plain
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, export

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, place: Path, **chosen: Any) -> str:  # noqa: ANN401 - fields of the order
    """Write the page of a database, and return it."""
    export(path, ExportRequest(form=find_format("html"), target=OutputTarget(path=place), **chosen))
    return place.read_text("utf-8")


def ids_of(page: str) -> list[str]:
    """Return the ids in a page's data, as it is written."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    found: list[str] = json.loads(data[1])["models"]["id"]
    return found


def test_a_selection_is_one_page(path: Path, tmp_path: Path) -> None:
    """The file has the models that were selected and no word of the others."""
    page = written(path, tmp_path / "family.html", selector="maple/base+")
    assert page.startswith("<!doctype html>")
    assert set(ids_of(page)) == {"maple/base", "cedar/legal-chat", "oak/lora", "cedar/merge"}
    assert "riskier" in page


def test_only_declared_edges_where_asked(path: Path, tmp_path: Path) -> None:
    """Without inferred edges the model that hangs by one is a root of its own."""
    declared = written(path, tmp_path / "declared.html", selector="maple/base+", inferred=False)
    assert '"depth":[0,1,2,0]' in declared


def test_hostile_names_are_neutralised(hostile_path: Path, tmp_path: Path) -> None:
    """No hidden character of any name is in the file, and no name ends an element."""
    page = written(hostile_path, tmp_path / "hostile.html")
    assert all(character.isprintable() or character == "\n" for character in page)
    assert all(one == plain(one) for one in ids_of(page))
    assert page.count("</script>") == 2


def test_a_page_is_the_same_again(path: Path, tmp_path: Path) -> None:
    """The same database gives the same bytes, so that pages can be compared."""
    first, second = (written(path, tmp_path / f"{name}.html") for name in ("first", "second"))
    assert first == second


def test_nothing_chosen_is_a_page_of_nothing(path: Path, tmp_path: Path) -> None:
    """A selector that names nothing gives a page without models."""
    assert ids_of(written(path, tmp_path / "none.html", selector="library:none")) == []
