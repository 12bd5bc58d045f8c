"""A built page that would ask another machine for something is found, and every page has its place."""

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
def test_what_a_page_loads_is_told_from_what_it_links_to(build: ModuleType, page: str, loads: list[str]) -> None:
    """Links are links; images, scripts and styles of elsewhere are faults."""
    assert build.loads_from_elsewhere(page) == loads


def test_styles_are_looked_into(build: ModuleType, tmp_path: Path) -> None:
    """A style that imports another, or takes a font from elsewhere, is a fault."""
    (tmp_path / "a.css").write_text("body { background: url(images/x.png) }", "utf-8")
    (tmp_path / "b.css").write_text('@import "x.css";', "utf-8")
    (tmp_path / "c.css").write_text("@font-face { src: url('https://example.org/x.woff2') }", "utf-8")
    assert list(build.faults(tmp_path)) == ["b.css imports", "c.css imports"]
