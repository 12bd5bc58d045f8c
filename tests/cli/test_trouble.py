"""What goes wrong around us: each with a sentence that names it and a way out, an exit code, and nothing lost."""

from __future__ import annotations

import functools
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import duckdb
import pytest

from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.cli.conftest import Runs

    Start = Callable[..., subprocess.Popen[str]]
    Holds = Callable[[Path], AbstractContextManager[int]]

LOGIN = b"<!doctype html><html><head><title>Sign in</title></head><body>Hotel network</body></html>"
READS = (("status",), ("models",), ("show", "a/b"), ("tree", "a/b"), ("sql", "select 1"), ("resolve",))


class LoginPage(BaseHTTPRequestHandler):
    """What a proxy answers to everything before one has signed in."""

    def do_GET(self) -> None:
        """Answer with a page."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(LOGIN)))
        self.end_headers()
        self.wfile.write(LOGIN)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def login_page() -> Iterator[str]:
    """Serve the page while the block runs, and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_login_page_is_not_the_hub(lineage: Runs, own_db: Path) -> None:
    """HTML in place of JSON ends with 3 and names the endpoint; what was stored stays."""
    before = lineage("sql", "select count(*) from models", "--db", str(own_db)).out
    with login_page() as url:
        ran = lineage("crawl", "--all", "--endpoint", url, "--db", str(own_db))
    assert (ran.code, ran.out) == (3, "")
    assert f"{url} does not respond like the Hub" in ran.err
    assert "--endpoint" in ran.err
    assert lineage("sql", "select count(*) from models", "--db", str(own_db)).out == before


def test_an_unreachable_hub(lineage: Runs, tmp_path: Path) -> None:
    """A port where nobody listens ends with 3 and is named."""
    with ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as server:
        url = f"http://127.0.0.1:{server.server_port}"
    ran = lineage("crawl", "--endpoint", url, "--db", str(tmp_path / "none.duckdb"))
    assert (ran.code, ran.out) == (3, "")
    assert f"cannot reach {url}" in ran.err


@pytest.mark.parametrize("command", [*READS, ("schedule",), ("evaluate",), ("scores", "from-cards")])
def test_no_database_yet(lineage: Runs, tmp_path: Path, command: tuple[str, ...]) -> None:
    """A command that needs what is there makes no file, names the one that is not there, and says what makes one."""
    db = tmp_path / "none.duckdb"
    ran = lineage(*command, "--db", str(db))
    assert (ran.code, ran.out) == (3, "")
    assert f"{db}: there is no database here yet" in ran.err
    assert "lineage crawl" in ran.err
    assert not db.exists()


@pytest.mark.parametrize("command", [*READS, ("crawl", "--all")])
def test_a_file_that_is_no_database(lineage: Runs, tmp_path: Path, command: tuple[str, ...]) -> None:
    """A file of another kind is named and left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("my notes\n" * 500)
    ran = lineage(*command, "--db", str(file))
    assert (ran.code, ran.out) == (3, "")
    assert f"{file}: this is not a DuckDB database" in ran.err
    assert file.read_text() == "my notes\n" * 500


def test_the_database_of_another_program(lineage: Runs, tmp_path: Path) -> None:
    """A DuckDB file that is not ours is named and left as it is."""
    file = tmp_path / "sales.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table sales as select 1 as n")
    ran = lineage("crawl", "--all", "--db", str(file))
    assert ran.code == 3
    assert "was not made by lineage" in ran.err
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("show tables").fetchall() == [("sales",)]


def test_a_damaged_file(lineage: Runs, own_db: Path) -> None:
    """Where a page of the file is not what was written, every command says so with 3, also one with the user's SQL."""
    content = bytearray(own_db.read_bytes())
    for place in range(3 * 4096 + 100, len(content), 4096):  # behind the headers
        content[place] ^= 0xFF
    own_db.write_bytes(content)
    for command in (("sql", "from records"), ("models", "--limit", "0"), ("resolve",)):
        ran = lineage(*command, "--db", str(own_db))
        assert (ran.code, ran.out) == (3, "")
        assert str(own_db) in ran.err
        assert "Corrupt database file" in ran.err
        assert "a copy from before the damage" in ran.err


def test_a_file_without_its_end(lineage: Runs, own_db: Path) -> None:
    """A file that was cut is named as damaged, and not the user's statement."""
    with own_db.open("r+b") as file:
        file.truncate(own_db.stat().st_size // 8)
    ran = lineage("sql", "from records", "--db", str(own_db))
    assert (ran.code, ran.out) == (3, "")
    assert "a copy from before the damage" in ran.err


@pytest.mark.parametrize("command", [("status",), ("crawl", "--all")])
def test_a_newer_database(lineage: Runs, own_db: Path, command: tuple[str, ...]) -> None:
    """A schema from the future is not touched; the way out is to upgrade."""
    database = open_database(own_db)
    database.run("database/set_version", version=99)
    database.close()
    before = own_db.read_bytes()
    ran = lineage(*command, "--db", str(own_db))
    assert ran.code == 3
    assert "version 99" in ran.err
    assert "upgrade hub-lineage" in ran.err
    assert own_db.read_bytes() == before


@pytest.mark.parametrize("command", [("status",), ("crawl", "--all")])
def test_a_locked_database(lineage: Runs, own_db: Path, held_by: Holds, command: tuple[str, ...]) -> None:
    """The process that holds the file is named by its number."""
    with held_by(own_db) as holder:
        ran = lineage(*command, "--db", str(own_db))
    assert (ran.code, ran.out) == (3, "")
    assert f"in use by process {holder}" in ran.err
    assert lineage("status", "--db", str(own_db)).code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="for root every file can be written")
def test_a_file_that_may_only_be_read(lineage: Runs, own_db: Path) -> None:
    """Reading works; a crawl ends with 3 and names the file."""
    own_db.chmod(0o444)
    assert lineage("status", "--db", str(own_db)).code == 0
    ran = lineage("crawl", "--all", "--db", str(own_db))
    assert ran.code == 3
    assert str(own_db) in ran.err
    assert "writable" in ran.err


@pytest.mark.parametrize("place", ["", "no/such/folder/x.duckdb"])
def test_a_place_where_no_file_can_be(lineage: Runs, tmp_path: Path, place: str) -> None:
    """A folder, or a file in one that does not exist, ends with 3 and is named."""
    ran = lineage("crawl", "--all", "--db", str(tmp_path / place))
    assert (ran.code, ran.out) == (3, "")
    assert str(tmp_path / place) in ran.err
    assert "writable" in ran.err


def test_a_full_disk_keeps_what_was_committed(
    environment: dict[str, str], lineage: Runs, hub: str, own_db: Path
) -> None:
    """Where the file may not grow, a crawl ends with 3 and a sentence, and everything stored before is there."""
    before = lineage("sql", "from models order by all", "--db", str(own_db), "--format", "csv").out
    limit = own_db.stat().st_size + 4096
    ran = subprocess.run(
        [
            str(sys.executable),
            "-c",
            "import cli; cli.main()",
            "crawl",
            "--endpoint",
            hub,
            "--sweep",
            "--db",
            str(own_db),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert str(own_db) in ran.stderr
    after = lineage("sql", "from models order by all", "--db", str(own_db), "--format", "csv")
    assert after.code == 0
    assert before.count("\n") == after.out.count("\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("medical:\n  names:\n    strong: [a, b\n", "line 4"),
        ("medical:\n  names:\n    weakish: [ward]\n", "line 3: unknown weight 'weakish'"),
        ("marine:\n  names: {}\n", "line 1: unknown domain 'marine'"),
        ("- a list\n", "line 1: the file must be a mapping"),
    ],
)
def test_a_lexicon_with_a_fault(lineage: Runs, tmp_path: Path, text: str, told: str) -> None:
    """The file and the line are named, before anything is asked or opened."""
    file = tmp_path / "words.yaml"
    file.write_text(text)
    ran = lineage("crawl", "--lexicon", str(file), "--db", str(tmp_path / "none.duckdb"))
    assert (ran.code, ran.out) == (2, "")
    assert f"{file}, {told}" in ran.err
    assert not (tmp_path / "none.duckdb").exists()


def test_a_lexicon_that_is_not_there(lineage: Runs, tmp_path: Path) -> None:
    """A lexicon that cannot be read ends with 2 and is named."""
    ran = lineage("crawl", "--lexicon", str(tmp_path / "none.yaml"), "--db", str(tmp_path / "none.duckdb"))
    assert ran.code == 2
    assert f"the lexicon {tmp_path / 'none.yaml'} cannot be read" in ran.err


def test_a_reader_that_has_enough(start: Start, crawled: Path) -> None:
    """A pipe that closes early ends the command without a word, as it ends other programs."""
    with start("sql", "select * from models, range(50)", "--format", "csv", "--db", str(crawled)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("id,")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == -signal.SIGPIPE


def test_a_terminal_without_unicode(start: Start, crawled: Path) -> None:
    """On a terminal that knows only ASCII, trees are drawn in it and other letters are spelt out."""
    query = "select parent from edges group by all order by count(*) desc, parent limit 1"
    with start("sql", query, "--format", "csv", "--db", str(crawled)) as process:
        model = process.communicate()[0].splitlines()[1]
    with start("tree", model, "--db", str(crawled), PYTHONIOENCODING="ascii") as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out.isascii()
    with start("sql", "select 'é' as letter", "--db", str(crawled), PYTHONIOENCODING="ascii") as process:
        assert process.communicate()[0] == "letter\n\\xe9\n"


def test_a_name_that_is_no_text(environment: dict[str, str], crawled: Path) -> None:
    """Bytes that are no UTF-8 in an argument are named, spelt out, as wrong usage."""
    ran = subprocess.run(
        [sys.executable, "-c", "import cli; cli.main()", "show", b"org/\xff\xfe", "--db", str(crawled)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == r"lineage: 'org/\udcff\udcfe' on the command line is not UTF-8" + "\n"


def test_stopped_before_anything_began(start: Start, tmp_path: Path) -> None:
    """Ctrl-C while waiting for an endpoint ends with 3 and one sentence."""
    with ThreadingHTTPServer(("127.0.0.1", 0), LoginPage) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        with start("crawl", "--all", "--endpoint", url, "--db", str(tmp_path / "none.duckdb")) as process:
            server.socket.settimeout(30)
            connection, _ = server.socket.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate()
            connection.close()
    assert (process.returncode, out) == (3, "")
    assert "lineage: stopped; what is stored is kept" in err
    assert "Traceback" not in err
