"""A page that a help text or a message names is there to be opened."""

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
    assert len(named) > 20
    missing = [
        (place, page, anchor)
        for place, page, anchor in named
        if not (ROOT / "docs" / page).exists() or (anchor and anchor not in check.anchors(ROOT / "docs" / page))
    ]
    assert missing == []
