"""One HTML file with everything in it: the data, the style sheet and the script, and a policy that forbids any request.

The script is a set of ES modules under `js/`, made one without any tool: from `main.js` on every module is put after
those that it imports, and the lines of `import` and the word `export` are taken out. All modules thus share one scope,
so a name at the top of one may not be used at the top of another; a test holds that.
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

from lineage.explorer.payload import as_json
from lineage.figures.palette import css_variables
from lineage.text.plain import plain

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ENTRY: Final = "main.js"
COMPRESSED_FROM: Final = 256_000
"""From so many characters on the data is compressed: below, one can read it in the file."""
TITLE_LIMIT: Final = 80
_IMPORT: Final = re.compile(r"""^import\s+\{[^}]*\}\s+from\s+"\./([\w-]+\.js)";\n""", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export\s+(?=(?:async\s+)?(?:const|let|function|class)\b)", re.MULTILINE)
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
<body>
{body}
{data}
<script type="module">{script}</script>
</body>
</html>
"""


class ModuleFault(ValueError):
    """The modules of the page import each other in a circle."""


def render_page(payload: dict[str, object]) -> str:
    """Return the page of a payload of `lineage.explorer.payload.encode`, as the text of an HTML file."""
    script, style = script_text(), style_text()
    return _FRAME.format(
        policy=escape(_policy(script, style)),
        title=escape(_title(payload)),
        style=style,
        body=_folder().joinpath("page.html").read_text("utf-8").strip(),
        data=data_block(as_json(payload)),
        script=script,
    )


@cache
def script_text() -> str:
    """Return all modules as one, each after those that it imports."""
    folder = _folder().joinpath("js")
    done: dict[str, str] = {}
    _collect(ENTRY, folder, done, ())
    return "\n" + "\n".join(done.values())


@cache
def style_text() -> str:
    """Return the style sheets as one, in the order of their names."""
    sheets = sorted((one for one in _folder().joinpath("css").iterdir()), key=lambda one: one.name)
    return "\n" + css_variables() + "\n".join(one.read_text("utf-8") for one in sheets if one.name.endswith(".css"))


def data_block(text: str) -> str:
    """Return JSON as an element that runs nothing: readable where it is short, compressed where it is long."""
    if len(text) > COMPRESSED_FROM:
        packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
        return f'<script type="text/plain" id="data-gzip">{packed}</script>'
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
    done[name] = _EXPORT.sub("", _IMPORT.sub("", text))


def _policy(script: str, style: str) -> str:
    """Return the policy: the script and the style of this page run, nothing is loaded, sent or framed."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _title(payload: dict[str, object]) -> str:
    """Return what was asked for, or of everything the first model, for the browser's tab."""
    about, models = payload["about"], payload["models"]
    first = next(iter(models["id"]), None) if isinstance(models, dict) else None
    asked = about["selector"] if isinstance(about, dict) else None
    return f"{plain(str(asked or first), TITLE_LIMIT)} · lineage" if asked or first else "lineage"


def _folder() -> Traversable:
    return files("lineage").joinpath("explorer")
