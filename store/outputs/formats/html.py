"""The explorer page: a family as a tree with its drift, in one HTML file that makes no request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.explorer.page import render_page
from lineage.explorer.payload import encode
from store.outputs.explorer import find_explorer

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write the page into the file."""
    found = find_explorer(source.database, source.selector, inferred=source.inferred)
    with place.open("w", encoding="utf-8", newline="\n", errors="replace") as out:
        out.write(render_page(encode(found)))
