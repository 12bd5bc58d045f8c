"""Build the pages as HTML, and check that they load nothing from another machine.

`python -m docs.build` writes them to build/docs. Every warning of Sphinx is an error: a broken link, a page that no
table of contents lists, a docstring that cannot be parsed.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from shutil import rmtree

DOCS = Path(__file__).resolve().parent
BUILT = DOCS.parent / "build" / "docs"
LOADED = {"src", "srcset", "data", "poster"}
LOADED_OF_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
ELSEWHERE = ("http:", "https:", "//")


class Loads(HTMLParser):
    """Collects what a page loads without a click; links are not counted."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the addresses of a tag that a browser fetches without a click."""
        values = {name: value or "" for name, value in attrs}
        self.addresses += [values[name] for name in LOADED & values.keys()]
        if tag == "link" and LOADED_OF_LINKS.intersection(values.get("rel", "").split()):
            self.addresses.append(values.get("href", ""))


def loads_from_elsewhere(page: str) -> list[str]:
    """Return the addresses on other machines that a page loads without a click."""
    loads = Loads()
    loads.feed(page)
    return [address for address in loads.addresses if address.strip().lower().startswith(ELSEWHERE)]


def faults(folder: Path) -> Iterator[str]:
    """Yield a sentence for each page or style sheet of a folder that loads something from another machine."""
    for path in sorted(folder.rglob("*.html")):
        for address in loads_from_elsewhere(path.read_text("utf-8")):
            yield f"{path.relative_to(folder)} loads {address}"
    for path in sorted(folder.rglob("*.css")):
        text = path.read_text("utf-8").replace(" ", "").lower()
        if "@import" in text or any(f"url({quote}{start}" in text for quote in ("", "'", '"') for start in ELSEWHERE):
            yield f"{path.relative_to(folder)} imports"


def main() -> int:
    """Build, print every fault and return the exit code."""
    from sphinx.cmd.build import main as build

    rmtree(BUILT, ignore_errors=True)  # pages that are already built would print no warnings
    code = build(["-b", "html", "-W", "--keep-going", "-q", "-j", "auto", str(DOCS), str(BUILT)])
    if code:
        return code
    found = list(faults(BUILT))
    pages = len(list(BUILT.rglob("*.html")))
    print("\n".join(found) if found else f"docs: {pages} pages are built in {BUILT.relative_to(DOCS.parent)}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
