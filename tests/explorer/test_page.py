"""The file: one, closed, and put together from modules that fit each other."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.explorer.packing import pack
from lineage.explorer.page import PACKED_FROM, data_block, render_page, script_text, style_text
from lineage.explorer.payload import as_json, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.explorer.inputs import Found

MODULES = {
    entry.name: entry.read_text("utf-8")
    for entry in files("lineage").joinpath("explorer", "js").iterdir()
    if entry.name.endswith(".js")
}
SHEETS = {
    entry.name: entry.read_text("utf-8")
    for entry in files("lineage").joinpath("explorer", "css").iterdir()
    if entry.name.endswith(".css")
}
IMPORT = re.compile(r'^import\s+\{([^}]*)\}\s+from\s+"\./([\w-]+\.js)";$', re.MULTILINE)
TOP_LEVEL = re.compile(r"^(export )?(?:async )?(?:const|let|function|class) (\[[^\]]*\]|\{[^}]*\}|\w+)", re.MULTILINE)
FUNCTION = re.compile(r"^(?:export )?(?:async )?function (\w+)[^\n]*\n(.*?)^\}", re.MULTILINE | re.DOTALL)
FILE_LINES, FUNCTION_LINES = 300, 40


def declared(text: str) -> list[tuple[bool, str]]:
    """Return the names at the top of a module, and whether each is exported."""
    return [(bool(is_out), name) for is_out, names in TOP_LEVEL.findall(text) for name in re.findall(r"\w+", names)]


def imported(text: str) -> list[tuple[str, str]]:
    """Return name and module of everything that a module imports."""
    return [
        (name.strip(), module) for names, module in IMPORT.findall(text) for name in names.split(",") if name.strip()
    ]


def test_no_name_is_declared_twice() -> None:
    """All modules share one scope, so a name at the top of one is at the top of no other."""
    counts = Counter(name for text in MODULES.values() for _, name in declared(text))
    assert {name: count for name, count in counts.items() if count > 1} == {}


def test_every_import_is_exported_and_used() -> None:
    """What a module imports is exported by the one it names, and is used."""
    exported = {name: {one for is_out, one in declared(text) if is_out} for name, text in MODULES.items()}
    wrong = [
        (module, name, source)
        for module, text in MODULES.items()
        for name, source in imported(text)
        if name not in exported[source] or len(re.findall(rf"\b{name}\b", text)) < 2
    ]
    assert wrong == []


def test_every_export_is_imported() -> None:
    """What a module exports is imported by another, or it is of no use outside."""
    used = {(source, name) for text in MODULES.values() for name, source in imported(text)}
    assert [
        (module, name)
        for module, text in MODULES.items()
        for is_out, name in declared(text)
        if is_out and (module, name) not in used
    ] == []


def test_every_module_is_in_the_page() -> None:
    """The entry reaches every module, each is there once, and no import, export or comment is left."""
    script = script_text()
    for text in MODULES.values():
        longest = max((line for line in text.splitlines() if not line.startswith(("import", "export", "/"))), key=len)
        assert script.count(longest) == 1
    assert re.findall(r"^(?:import|export)\b.*|^\s*(?://|/\*).*", script, re.MULTILINE) == []
    assert "</script" not in script.lower()
    assert "</style" not in style_text().lower()


def test_modules_and_sheets_are_read_in_one_go() -> None:
    """Files stay under 300 lines and functions under 40, and every module says first what it is."""
    lengths = {name: len(text.splitlines()) for name, text in (MODULES | SHEETS).items()}
    assert {name: length for name, length in lengths.items() if length > FILE_LINES} == {}
    functions = {
        f"{module} {name}": body.count("\n") + 2
        for module, text in MODULES.items()
        for name, body in FUNCTION.findall(text)
    }
    assert len(functions) > 100
    assert {name: length for name, length in functions.items() if length > FUNCTION_LINES} == {}
    assert [name for name, text in MODULES.items() if not text.startswith("// ")] == []
    assert [name for name, text in SHEETS.items() if not text.startswith("/* ")] == []


def test_nothing_is_made_from_markup_or_text_of_code() -> None:
    """No module writes markup, evaluates text, asks a server, or keeps anything in the browser."""
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    forbidden = rf"{markup}|\beval\(|new Function|fetch\(|XMLHttpRequest|localStorage"
    assert {name: re.findall(forbidden, text) for name, text in MODULES.items() if re.search(forbidden, text)} == {}


def test_the_policy_names_the_script_and_style_of_the_page(make_found: Callable[[], Found]) -> None:
    """The policy allows by their hashes what stands in the page, and nothing else."""
    page = render_page(encode(make_found()))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src &#x27;none&#x27;; script-src &#x27;sha256-")
    for tag in (r"<style>(.*?)</style>", r'<script type="module">(.*?)</script>'):
        text = re.search(tag, page, re.DOTALL)
        assert text is not None
        assert base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode() in policy[1]
    assert len(re.findall(r"<script\b", page)) == 2
    assert re.findall(r"""\b(?:src|href)\s*=\s*["']""", page) == []


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029"])
def test_data_cannot_leave_its_element(text: str) -> None:
    """A text that would end the element is written so that it does not, and is read back as it was."""
    block = data_block({"id": text})
    inside = block.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside) == {"id": text}


def test_long_data_is_packed(make_large: Callable[..., Found]) -> None:
    """From 256,000 characters on the data is packed, the same bytes for the same data, and cannot end its element."""
    payload = encode(make_large(6_000))
    block = data_block(payload)
    assert len(as_json(payload)) > PACKED_FROM > 4 * len(block)
    assert block == data_block(payload)
    found = re.fullmatch(r'<script type="text/plain" id="data-packed" data-zeros="(\d)">([^<\s]+)</script>', block)
    assert found is not None
    words = np.frombuffer(base64.b85decode(found[2].replace(",", "<")), dtype=">u4").astype("<u4")
    packed = words.tobytes().removesuffix(bytes(int(found[1])))
    assert gzip.decompress(packed) == pack(payload)
