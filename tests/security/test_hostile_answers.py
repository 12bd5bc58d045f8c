"""Whatever is answered from a database of hostile names: terminals, sheets, programs, reports, gates and browsers."""

from __future__ import annotations

import asyncio
import base64
import csv
import http.client
import io
import json
import re
import sys
import threading
import unicodedata
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from lxml import etree
from markdown_it import MarkdownIt
from pypdf import PdfReader

import cli
from lineage.policy.junit import as_junit
from lineage.policy.policy_file import read_policy
from lineage.policy.sarif import as_sarif
from store.connect import open_database
from store.outputs.policy_check import check
from store.serving.reader_copies import Copies
from store.serving.run import ListenAddress, listening, new_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from lineage.policy.results import CheckReport

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("models", "--limit", "0"),
    ("models", "--limit", "0", "--sort", "created"),
    ("tree", "maple/base"),
    ("families",),
    ("datasets",),
    ("licences",),
    ("changes", "--since", "2026-01-01"),
    ("scores", "list", "--limit", "0"),
    ("instruments",),
    ("coverage", "--limit", "0"),
    ("drift", "--limit", "0"),
    ("drift", "--mixed", "--full"),
    ("coverage", "--predicted", "--limit", "0"),
    ("edge", "list"),
    ("queue", "list"),
    ("sql", "from models"),
    ("sql", "from edges"),
    ("sql", "from problems"),
    ("sql", "select record from records"),
    ("sql", "from declarations"),
    ("sql", "from scores"),
)
POLICY = """
[[rule]]
kind = "licences"
allow = ["apache-2.0"]

[[rule]]
kind = "approved_bases"
bases = ["oak/*"]

[[rule]]
kind = "no_worse"
against = "root"
margin = 3.0

[[rule]]
kind = "no_pickle"
"""


@pytest.fixture(name="run")
def fixture_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    """Give what runs the command line in this process and returns what it wrote to stdout and stderr."""
    monkeypatch.setenv("LINEAGE_CONFIG", "")
    monkeypatch.delenv("LINEAGE_QUIET", raising=False)

    def ran(*words: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["lineage", *words])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        written = capsys.readouterr()
        assert exited.value.code in {0, 1}, written.err
        return written.out, written.err

    return ran


def is_shown_as_it_is(text: str) -> bool:
    """Return whether a terminal obeys nothing in a text: no control or format character but line ends."""
    return all(one == "\n" or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"} for one in text)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_answer_acts(run: Callable[..., tuple[str, str]], hostile_db: Path, command: tuple[str, ...]) -> None:
    """A table and a sheet are visible characters alone, a sheet has no formula, and JSON is JSON in plain ASCII."""
    for form in ("table", "csv", "json"):
        out, err = run(*command, "--db", str(hostile_db), "--format", form)
        assert is_shown_as_it_is(out)
        assert is_shown_as_it_is(err)
        if form == "json":
            assert out.isascii()
            json.loads(out)
        if form == "csv":
            for cell in (cell for row in csv.reader(io.StringIO(out)) for cell in row):
                assert not cell.startswith(FORMULA) or cell.lstrip("-").replace(".", "").replace("e-", "").isdigit()


def test_whatever_is_asked_for_is_shown_harmlessly(
    run: Callable[..., tuple[str, str]], hostile_db: Path, hostile: Mapping[str, str]
) -> None:
    """A model of such a name can be shown, and so can the error about one that is not there."""
    for name in ("ansi", "osc_link", "bidi", "lines", "rich"):
        for asked in (f"foe/{hostile[name]}", hostile[name]):
            shown = "".join(run("show", asked, "--db", str(hostile_db)))
            assert is_shown_as_it_is(shown), name
            assert shown


def test_a_report_in_html_runs_nothing(
    run: Callable[..., tuple[str, str]], hostile_db: Path, tmp_path: Path, page_of: Callable[[str], Any]
) -> None:
    """It is a page of its own elements, without a script, handler or address."""
    run("report", "-o", str(tmp_path / "report.html"), "--db", str(hostile_db))
    page = page_of((tmp_path / "report.html").read_text("utf-8"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert "Zq7" in page.text
    assert is_shown_as_it_is(page.text)
    pictures = [str(given.pop("src")) for tag, given in page.tags if tag == "img"]
    assert [tag for tag, name in page.acting() if (tag, name) != ("img", "element")] == []
    assert pictures
    for picture in pictures:
        kind, _, data = picture.partition(",")
        assert kind == "data:image/svg+xml;base64"
        drawn = base64.b64decode(data).decode()
        assert page_of(drawn).acting() == []
        assert is_shown_as_it_is(drawn)


def test_a_report_in_pdf_runs_nothing(run: Callable[..., tuple[str, str]], hostile_db: Path, tmp_path: Path) -> None:
    """Names are text for its reader; there is no script, form, attached file or address in it."""
    run("report", "-o", str(tmp_path / "report.pdf"), "--db", str(hostile_db))
    reader = PdfReader(tmp_path / "report.pdf")
    text = "".join(page.extract_text() for page in reader.pages).replace("\0", "")  # what no font here has
    assert "Zq7" in text
    assert is_shown_as_it_is(text)
    assert not {"/AcroForm", "/OpenAction", "/AA", "/Names"} & set(reader.root_object)
    assert not any({"/Annots", "/AA"} & set(page) for page in reader.pages)


def test_a_report_in_markdown_stays_text(
    run: Callable[..., tuple[str, str]], hostile_db: Path, tmp_path: Path, page_of: Callable[[str], Any]
) -> None:
    """Drawn as a code host draws it there is no element, link or picture but its own figures."""
    run("report", "-o", str(tmp_path / "report.md"), "--db", str(hostile_db))
    text = (tmp_path / "report.md").read_text("utf-8")
    assert is_shown_as_it_is(text)
    drawn = page_of(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    allowed = {
        "h1",
        "h2",
        "h3",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "ol",
        "li",
        "img",
        "strong",
        "em",
    }
    assert {tag for tag, _ in drawn.tags} - allowed - {"blockquote", "code", "br", "hr"} == set()
    figures = {given["src"] for tag, given in drawn.tags if tag == "img"}
    assert figures
    for figure in figures:
        assert figure.startswith("report-figures/")
        root = etree.parse(str(tmp_path / figure), etree.XMLParser(resolve_entities=False, no_network=True))
        assert not root.docinfo.doctype
        assert page_of((tmp_path / figure).read_text("utf-8")).acting() == []


@pytest.fixture(name="checked", scope="module")
def fixture_checked(hostile_db: Path) -> CheckReport:
    """Give what a policy finds in all of them."""
    database = open_database(hostile_db, "read")
    try:
        return check(database, "maple/base+", read_policy(POLICY, "policy.toml"), NOW)
    finally:
        database.close()


def test_junit_is_whole(checked: CheckReport) -> None:
    """A CI server parses it: no document type, only the elements of the form, only characters that XML allows."""
    text = "".join(as_junit(checked))
    assert is_shown_as_it_is(text)
    root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    known = {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "system-out",
        "properties",
        "property",
    }
    assert {etree.QName(one).localname for one in root.iter(etree.Element)} <= known
    assert "Zq7" in text


def test_sarif_is_whole(checked: CheckReport) -> None:
    """A code host parses it, draws no Markdown of theirs, and is led to no address of theirs."""
    text = "".join(as_sarif(checked, "1", "policy.toml"))
    found = json.loads(text)
    assert "markdown" not in text
    uris = {
        one["physicalLocation"]["artifactLocation"]["uri"]
        for run in found["runs"]
        for result in run["results"]
        for one in result.get("locations", ())
        if "physicalLocation" in one
    }
    assert uris <= {"policy.toml"}
    assert "Zq7" in text


OURS = {("a", "element"), ("a", "href"), ("form", "element"), ("form", "action")}
"""What acts in the server's own pages; where it leads is another question."""


@pytest.fixture(name="address", scope="module")
def fixture_address(hostile_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server of the hostile database."""
    folder = tmp_path_factory.mktemp("copies")
    with listening(ListenAddress()) as place, Copies(hostile_db, folder, lambda: NOW) as copies:
        server = new_server(copies, place)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place.socket]})
        thread.start()
        try:
            yield place.url.partition("?")[0].rstrip("/")
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize("path", ["status", "families", "models", "drift", "scores", "coverage", "jobs", "crawls"])
def test_what_is_served_is_json_and_no_page(address: str, path: str) -> None:
    """A browser that opens an answer of the API draws nothing: it is JSON, and said not to be sniffed."""
    with urllib.request.urlopen(f"{address}/api/v1/{path}", timeout=60) as answer:  # noqa: S310 - loopback
        headers, body = answer.headers, answer.read()
    assert headers["content-type"].startswith("application/json")
    assert headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in headers["content-security-policy"]
    json.loads(body)


def test_pages_that_are_served_run_nothing_of_theirs(
    address: str, page_of: Callable[[str], Any], hostile: Mapping[str, str]
) -> None:
    """The pages of families and of single models have only the elements that we wrote, and lead nowhere else."""
    asked = [
        "/family?root=maple/base",
        f"/family?selector={quote('*')}",
        "/",
        "/search?search=foe",
        "/model/maple/base",
    ]
    asked += [
        f"{start}{quote('foe/' + hostile[name])}"
        for name in ("script", "event", "bidi")
        for start in ("/family?root=", "/model/", "/search?author=")
    ]
    for path in asked:
        with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)) as connection:
            connection.request("GET", path, headers={"accept": "text/html"})
            answer = connection.getresponse()
            kind, body = answer.headers["content-type"], answer.read().decode()
        if kind.startswith("application/json"):  # an error
            json.loads(body)
            continue
        page = page_of(body)
        acting = {one for one in page.acting() if one not in OURS}
        assert acting == set(), path
        for address_of in (given[name] or "" for _, given in page.tags for name in ("href", "action") if name in given):
            assert re.match(r"/(?!/)|#|https://huggingface\.co/", address_of), (path, address_of)
        is_explorer = path.startswith("/family") and answer.status == HTTPStatus.OK
        assert sum(tag == "script" for tag, _ in page.tags) == (2 if is_explorer else 1), path


def test_tools_for_assistants_answer_visible_lines(
    hostile_db: Path, tmp_path: Path, hostile: Mapping[str, str]
) -> None:
    """Every text of an answer is one visible line, whatever names and cards hold, and every model is there."""
    pytest.importorskip("mcp", reason="assistants are answered with the extra mcp")
    from mcp.client import Client

    from store.mcp.server import new_mcp_server

    async def asked(copies: Copies) -> list[Any]:
        async with Client(new_mcp_server(copies)) as client:
            calls: list[tuple[str, dict[str, Any]]] = [
                ("find_models", {"limit": 100}),
                ("show_lineage", {"model": "maple/base", "limit": 100}),
                ("show_drift", {"selector": "*", "limit": 100}),
                ("list_unscored", {"limit": 100}),
                ("check_policy", {"selector": "*", "policy": POLICY, "limit": 100}),
            ]
            return [(await client.call_tool(name, given)).structured_content for name, given in calls]

    with Copies(hostile_db, tmp_path, lambda: NOW) as copies:
        answers = asyncio.run(asked(copies))
    assert len(answers[0]["models"]) == len(hostile) + 1
    for text in texts_of(answers):
        assert is_shown_as_it_is(text)
        assert "\n" not in text


def texts_of(value: object) -> Iterator[str]:
    """Yield every text in an answer."""
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from texts_of(one)
        case list():
            for one in value:
                yield from texts_of(one)
