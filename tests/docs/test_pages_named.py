"""A page that the product names exists, and a help text names it as an installed `lineage` can show it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = ("cli.py", "crawler", "lineage", "store", "evaluation", "sandbox")
NAMED: Final = re.compile(r"(?<!ggml, )docs/(\w+\.\w+)(?:#([\w-]+))?")  # ggml has a docs/gguf.md of its own
SUFFIXES: Final = {".py", ".sql", ".toml", ".yaml", ".js", ".html"}


def named_pages() -> list[tuple[str, str, str]]:
    """Return each page that a file of the product names: the file, the page, and a heading or nothing."""
    files = [ROOT / PRODUCT[0], *(path for folder in PRODUCT[1:] for path in (ROOT / folder).rglob("*"))]
    return [
        (str(path.relative_to(ROOT)), page, anchor)
        for path in files
        if path.suffix in SUFFIXES
        for page, anchor in NAMED.findall(path.read_text("utf-8"))
    ]


def test_every_page_that_the_product_names_is_there(check: ModuleType) -> None:
    """Neither a page nor a heading of it that a message names is missing."""
    named = named_pages()
    assert len(named) > 10
    missing = [
        (place, page, anchor)
        for place, page, anchor in named
        if not (ROOT / "docs" / page).exists() or (anchor and anchor not in check.anchors(ROOT / "docs" / page))
    ]
    assert missing == []


def test_help_names_no_file_of_the_checkout() -> None:
    """An installed package has no folder docs/: help texts name the command that prints a page."""
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert "`lineage docs" in text
    assert NAMED.findall(text) == []
