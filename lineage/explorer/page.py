"""One self-contained HTML file: data, style sheet, script, and a policy that forbids all requests.

The script is a set of ES modules under `js/`, joined without a bundler: starting at `main.js`, every module follows the
modules it imports, and the `import` lines, the word `export` and lines of comment are removed. All modules therefore
share one scope, so no two may use the same top-level name; a test enforces that.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.explorer.packing import pack
from lineage.explorer.payload import as_json
from lineage.figures.look import shared_style
from lineage.text.plain import plain

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENTRY: Final = "main.js"
PACKED_FROM: Final = 256_000
"""Data of at least this many characters is packed and compressed; shorter data stays readable in the file."""
TITLE_LIMIT: Final = 80
_IMPORT: Final = re.compile(r"""^import\s+\{[^}]*\}\s+from\s+"\./([\w-]+\.js)";\n""", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export\s+(?=(?:async\s+)?(?:const|let|function|class)\b)", re.MULTILINE)
_COMMENT: Final = re.compile(r"^[ \t]*(?://.*|/\*\*.*\*/)\n", re.MULTILINE)
_NO_MARKUP: Final = bytes.maketrans(b"<", b",")
"""Base 85 as in RFC 1924, but for the letter that could begin a tag; it takes a sixteenth less than base 64."""
_CLOSING: Final = {"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_FRAME: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="lineage">
<title>{title}</title>
<style>{style}</style>
</head>
<body>{above}
{body}
{data}
<script type="module">{script}</script>
</body>
</html>
"""


class ModuleFault(ValueError):
    """The modules of the page import each other in a circle."""


def render_page(payload: dict[str, object], *, above: str = "", style: str = "") -> str:
    """Return the HTML page for a payload made by `lineage.explorer.payload.encode`.

    `above` is HTML that stands above all else, such as the bar of a server, and `style` its style sheet.
    """
    script, style = script_text(), style_text() + style
    return _FRAME.format(
        policy=escape(_policy(script, style)),
        title=escape(_title(payload)),
        style=style,
        above=above,
        body=_folder().joinpath("page.html").read_text("utf-8").strip(),
        data=data_block(payload),
        script=script,
    )


@cache
def script_text() -> str:
    """Return all modules as one script, each after the modules it imports."""
    folder = _folder().joinpath("js")
    done: dict[str, str] = {}
    _collect(ENTRY, folder, done, ())
    return "\n" + "\n".join(done.values())


@cache
def style_text() -> str:
    """Return the style sheets as one, in order of their names."""
    sheets = sorted((one for one in _folder().joinpath("css").iterdir()), key=lambda one: one.name)
    return "\n" + shared_style() + "\n".join(one.read_text("utf-8") for one in sheets if one.name.endswith(".css"))


def data_block(payload: dict[str, object]) -> str:
    """Return data in an element that runs nothing: readable JSON if short, packed and compressed if long."""
    text = as_json(payload)
    if len(text) > PACKED_FROM:
        packed = gzip.compress(pack(payload), 9, mtime=0)
        zeros = -len(packed) % 4
        words = np.frombuffer(packed + bytes(zeros), dtype="<u4").astype(">u4")
        letters = base64.b85encode(words.tobytes()).translate(_NO_MARKUP).decode()
        return f'<script type="text/plain" id="data-packed" data-zeros="{zeros}">{letters}</script>'
    for letter, written in _CLOSING.items():
        text = text.replace(letter, written)
    return f'<script type="application/json" id="data">{text}</script>'


def _collect(name: str, folder: Traversable, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ModuleFault(" > ".join((*above, name)))
    if name in done:
        return
    text = folder.joinpath(name).read_text("utf-8")
    for imported in _IMPORT.findall(text):
        _collect(imported, folder, done, (*above, name))
    done[name] = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))


def _policy(script: str, style: str) -> str:
    """Return the content security policy: only this page's script and style run; nothing is loaded, sent or framed."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _title(payload: dict[str, object]) -> str:
    """Return the title of the browser tab: the selector, or the first model if everything was selected."""
    about, models = payload["about"], payload["models"]
    first = next(iter(models["id"]), None) if isinstance(models, dict) else None
    asked = about["selector"] if isinstance(about, dict) else None
    return f"{plain(str(asked or first), TITLE_LIMIT)} · lineage" if asked or first else "lineage"


def _folder() -> Traversable:
    return files("lineage").joinpath("explorer")
