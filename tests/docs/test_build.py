"""Built pages that would load something from another machine are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.mark.parametrize(
    ("page", "loads"),
    [
        ('<a href="https://example.org/x">x</a><img src="images/x.png">', []),
        ('<link rel="canonical" href="https://example.org/"><link rel="stylesheet" href="_static/x.css">', []),
        ('<script src="//example.org/x.js"></script>', ["//example.org/x.js"]),
        ('<link rel="stylesheet" href=" HTTPS://example.org/x.css">', [" HTTPS://example.org/x.css"]),
        ('<img srcset="https://example.org/x.png 2x">', ["https://example.org/x.png 2x"]),
    ],
)
def test_loads_are_distinguished_from_links(build: ModuleType, page: str, loads: list[str]) -> None:
    """Images, scripts and styles from another machine are faults, links are not."""
    assert build.loads_from_elsewhere(page) == loads


def test_style_sheets_are_searched(build: ModuleType, tmp_path: Path) -> None:
    """A style sheet that imports another, or loads a font from another machine, is a fault."""
    (tmp_path / "a.css").write_text("body { background: url(images/x.png) }", "utf-8")
    (tmp_path / "b.css").write_text('@import "x.css";', "utf-8")
    (tmp_path / "c.css").write_text("@font-face { src: url('https://example.org/x.woff2') }", "utf-8")
    assert list(build.faults(tmp_path)) == ["b.css imports", "c.css imports"]
