"""The one list of hostile names and texts, a database that holds all of them, and the reader of what came of them."""

from __future__ import annotations

import json
import re
import socket
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from crawler.http import address_guard as addresses
from lineage.domains.lexicon_file import default_lexicon
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity, Score
from lineage.vocabulary import Construct, Direction, Scale
from store.connect import open_database
from store.drift.write_drift import refresh
from store.ingest.bulk_load import load_file
from store.scores.write import write_scores
from tests.security.network import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = "maple/base"
MARK = "Zq7"
"""Part of every hostile text, so that it is found again in whatever it was written into."""
HOSTILE: dict[str, str] = {
    "script": f"{MARK}</script><script>alert(1)</script>",
    "event": f'{MARK}"><img src=x onerror=alert(1)>',
    "attribute": f"{MARK}' onmouseover='alert(1)",
    "style": f"{MARK}</style><style>*{{background:url(https://evil.example)}}",
    "comment": f"{MARK}--><!--<![CDATA[ ]]>",
    "entity": f"{MARK}&lt;b&gt;&#60;&xxe;",
    "doctype": f'{MARK}<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>',
    "link": f"{MARK}[click](javascript:alert(1))",
    "image": f"{MARK}![x](https://evil.example/x.png)",
    "autolink": f"{MARK} https://evil.example www.evil.example @maple",
    "pipes": f"{MARK} | a | b\n|---|---|",
    "code": f"{MARK}`code` **bold** $x$",
    "formula_equals": f'=HYPERLINK("https://evil.example","{MARK}")',
    "formula_plus": f"+1+cmd|' /C calc'!{MARK}",
    "formula_minus": f"-2+3+cmd|' /C calc'!{MARK}",
    "formula_at": f"@SUM(1+1)*cmd|'{MARK}'!A0",
    "formula_tab": f"\t=1+1{MARK}",
    "formula_return": f"\r=1+1{MARK}",
    "formula_wide": f"\uff1d1+1{MARK}",
    "ansi": f"\x1b[31m{MARK}\x1b[0m\x1b[2J",
    "osc_title": f"\x1b]0;{MARK}\x07",
    "osc_link": f"\x1b]8;;https://evil.example\x1b\\{MARK}\x1b]8;;\x1b\\",
    "osc_clipboard": f"\x1b]52;c;ZXZpbA==\x07{MARK}",
    "c1": f"\x9b31m{MARK}\x9d0;x\x9c",
    "controls": f"{MARK}\x01\x02\x08\x0b\x0c\x7f",
    "bidi": f"{MARK}\u202egnp.exe\u2066x\u2069",
    "zero_width": f"{MARK}\u200b\u200d\ufeff\u00ad\u2060",
    "tags": f"{MARK}\U000e0041\U000e0042",
    "invisible": f"{MARK}\u3164\u115f\u2800",
    "lines": f"{MARK}\r\nsecond\nthird\u2028fourth\u2029fifth\u0085",
    "comma_quote": f'{MARK},"b""c,;\t\n"d',
    "sql": f"{MARK}'; drop table hub.models; --",
    "selector": f"{MARK}+ & !domain:legal",
    "path": f"../../../../{MARK}/etc/passwd",
    "path_windows": f"..\\..\\{MARK}\\C:\\x",
    "path_absolute": f"/etc/{MARK}",
    "option": f"--output={MARK}",
    "format": f"{{0.__class__}} %s %n ${{HOME}} $(id) `id` {MARK}",
    "template": f"{{{{ 7 * 7 }}}} {{% raw %}} {MARK}",
    "rich": f"[bold red]{MARK}[/] [link=https://evil.example]x[/link]",
    "mermaid": f'{MARK}"] --> evil; click m0 call alert(1); %%{{init}}%%',
    "dot": f'{MARK}"]; evil [URL="javascript:alert(1)"]; "\\N\\',
    "newick": f"{MARK}(a,b):1;'[&x]'_",
    "json": f'{MARK}"}},{{"id":"evil',
    "nul": f"{MARK}\x00after",
    "astral": f"{MARK}\U0001f468\u200d\U0001f469 \u4e2d\u6587",
    "noncharacter": f"{MARK}\ufffe\uffff",
    "combining": f"{MARK}z" + "\u0301" * 200,
    "long": MARK + "l" * 5_000,
    "number": "-1",
    "surrogate": f"{MARK}\ud800",
}
"""Markup, control characters, directions, escapes, formulas, paths and what ends a text of some form."""
CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What acts on a terminal or hides on a page; line ends and tabs are left to each form."""
HARM = Instrument(
    name="harm",
    title="Harmful replies",
    construct=Construct.UNSAFE_OUTPUT,
    direction=Direction.LOWER_IS_SAFER,
    low=0.0,
    high=1.0,
    scale=Scale.RATE,
)


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        """Read a page."""
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text += data

    def acting(self) -> list[tuple[str, str]]:
        """Return what runs or is fetched: handlers, addresses that are not of the page itself, foreign elements."""
        never = {"img", "iframe", "object", "embed", "foreignobject", "base", "form", "link", "a"}
        elements = [(tag, "element") for tag, given in self.tags if tag in never and not self._is_inner(given)]
        attributes = [
            (tag, name)
            for tag, given in self.tags
            for name, value in given.items()
            if name.startswith("on")
            or (name in {"href", "src", "xlink:href", "action"} and not (value or "").startswith("#"))
        ]
        return elements + attributes

    @staticmethod
    def _is_inner(given: Mapping[str, str | None]) -> bool:
        return (given.get("href") or "").startswith("#")


def record_of(number: int, name: str, text: str) -> dict[str, object]:
    """Return a record of the Hub that has a text wherever one can stand, made from the root."""
    return {
        "_id": f"{0x65000000 + number:08x}{number:016x}",
        "id": name,
        "author": text,
        "sha": text,
        "lastModified": "2026-02-01T00:00:00.000Z",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "downloads": 1_000 - number,
        "likes": 1,
        "private": False,
        "gated": text,
        "library_name": text,
        "pipeline_tag": text,
        "tags": [text, f"license:{text}", f"dataset:{text}", "medical", f"base_model:finetune:{ROOT}"],
        "cardData": {
            "license": text,
            "license_name": text,
            "tags": [text],
            "datasets": [text],
            "model_name": text,
            "language": text,
            "base_model": ROOT,
            text: text,
        },
    }


@pytest.fixture(name="hostile", scope="session")
def fixture_hostile() -> Mapping[str, str]:
    """Give every hostile text by its name."""
    return HOSTILE


@pytest.fixture(name="page_of", scope="session")
def fixture_page_of() -> Callable[[str], Page]:
    """Give what reads a page as a browser does."""
    return Page


@pytest.fixture(name="controls", scope="session")
def fixture_controls() -> re.Pattern[str]:
    """Give what finds characters that act or hide."""
    return CONTROLS


@pytest.fixture(name="hostile_db", scope="session")
def fixture_hostile_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file of a family of models with a hostile name and card each, all scored; it was loaded as any is."""
    folder = tmp_path_factory.mktemp("hostile")
    records: list[dict[str, Any]] = [{**record_of(1, ROOT, "plain"), "tags": ["medical"], "cardData": {}}]
    records += [record_of(2 + number, f"foe/{text}", text) for number, text in enumerate(HOSTILE.values())]
    listing = folder / "listing.jsonl"
    listing.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
    database = open_database(folder / "hostile.duckdb")
    for _ in load_file(database, listing, default_lexicon(), NOW):
        pass
    names = [str(row[0]) for row in database._connection.execute("select id from hub.models order by id").fetchall()]
    write_scores(database, [score_of(name, place) for place, name in enumerate(names)], NOW)
    refresh(database)
    database.close()
    return folder / "hostile.duckdb"


def score_of(model: str, place: int) -> Score:
    """Return a score whose texts are the model's name."""
    text = model.removeprefix("foe/")
    return Score(
        model=model,
        revision=text,
        instrument=HARM,
        identity=Identity(name="harm"),
        value=min(0.1 + place / 100, 1.0),
        stderr=None,
        items=400,
        source="table",
        origin=text,
        measured_at=NOW,
        run_name=text,
    )


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Put a resolver in the system's place, and take 127.0.0.1 for a public address, which a test may ask."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    leads = {"hub": [["127.0.0.1"]], "inner": [["127.0.0.2"]], "both": [["127.0.0.1", "127.0.0.2"]]}
    names = Names(**leads, turning=[["127.0.0.1"], ["127.0.0.2"]])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(addresses, "is_inner", lambda host: host == "127.0.0.2")
    return names
