"""How Sphinx builds the pages: Markdown by MyST, the Python API from docstrings, a theme that loads nothing."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from pygments.lexers.special import TextLexer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

project = "lineage"
author = "The lineage authors"
release = str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 4  # links to headings work as on code hosts
nitpicky = False  # signatures name types of other packages, which have no pages here
default_role = "code"  # in docstrings `name` is code
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_type_aliases = {"Library": "store.notebook.library.Library"}
templates_path = ["_templates"]
html_static_path = ["_static"]  # the theme loads a file named custom.css; look.css is written below
html_theme = "alabaster"
html_title = f"lineage {release}"
html_theme_options = {
    "description": "Which model was made from which, and how far it has drifted",
    "fixed_sidebar": True,
    "page_width": "1160px",
    "body_max_width": "none",
    "sidebar_width": "240px",
    "font_family": "var(--font)",
    "head_font_family": "var(--font)",
    "code_font_family": "var(--mono)",
    "font_size": "var(--reading)",
}
html_sidebars = {"**": ["about.html", "searchfield.html", "navigation.html"]}
html_show_sourcelink = False
html_show_search_summary = False  # it fetches pages, which browsers forbid for pages from disk
html_copy_source = False


def setup(app: Sphinx) -> None:
    """Show CSV blocks as plain text, for which Pygments has no lexer, and take the look of the product's own pages."""
    app.add_lexer("csv", TextLexer)
    app.connect("builder-inited", write_look)
    app.add_css_file("look.css", priority=100)


def write_look(app: Sphinx) -> None:
    """Write the style sheet that the documentation shares with every page of the product."""
    from lineage.figures.look import shared_style

    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath("look.css").write_text(shared_style(), "utf-8")
