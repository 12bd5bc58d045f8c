"""`lineage docs`: read the documentation that comes with the installed package."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.text.suggest import perhaps
from store.commands.options import EPILOG
from store.commands.printing import put

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

app = typer.Typer(rich_markup_mode=None, add_completion=False)


def page_names() -> list[str]:
    """Return the names of the pages, sorted."""
    return sorted(entry.name.removesuffix(".md") for entry in _folder().iterdir() if entry.name.endswith(".md"))


@app.command(epilog=EPILOG)
def docs(
    page: Annotated[
        str | None, typer.Argument(help="A page, such as drift. Default: list the pages.", autocompletion=page_names)
    ] = None,
) -> None:
    """Read a page of the documentation.

    It is printed as Markdown. Without a page, all of them are listed with their titles.
    """
    names = page_names()
    if page is None:
        width = max(map(len, names))
        for name in names:
            title, _, _ = _text(name).partition("\n")
            put(f"{name.ljust(width)}  {title.removeprefix('# ')}\n")
    elif page in names:
        put(_text(page))
    else:
        raise UsageError(f"no page is called {page!r}{perhaps(page, names)}; `lineage docs` lists them")


def _text(page: str) -> str:
    """Return the text of a page that exists."""
    return _folder().joinpath(f"{page}.md").read_text(encoding="utf-8")


def _folder() -> Traversable:
    """Return the folder of the pages: in a wheel inside the package, in a checkout beside it."""
    shipped = files("lineage").joinpath("pages")
    return shipped if shipped.is_dir() else Path(str(files("lineage"))).parent / "docs"
