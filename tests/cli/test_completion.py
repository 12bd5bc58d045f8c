"""What is offered while a word is typed, asked as shells ask; test_shells.py types in them."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.cli.conftest import Runs

    Ask = Callable[..., tuple[int, list[str], str]]

MODEL = "maple-research/maple-7b-instruct"
SHELL = "_LINEAGE_COMPLETE"


@pytest.fixture
def ask(lineage: Runs, crawled: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Give a function that asks as bash does where it does not cut words at colons, the last word being typed."""

    def asked(*words: str, db: Path = crawled, **changes: str) -> tuple[int, list[str], str]:
        typed = {"COMP_WORDS": "\n".join(("lineage", *words)), "COMP_CWORD": str(len(words))}
        for name, value in ({SHELL: "complete_bash", "LINEAGE_DB": str(db)} | typed | changes).items():
            monkeypatch.setenv(name, value)
        ran = lineage()
        return ran.code, ran.out.split(), ran.err

    return asked


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("mod",), ["models"]),
        (("models", "--dom"), ["--domain"]),
        (("models", "--domain", "m"), ["medical"]),
        (("models", "--format", "js"), ["json"]),
        (("models", "domain:med"), ["domain:medical"]),
        (("models", "domain:"), ["domain:medical", "domain:legal", "domain:financial"]),
        (("models", "domain:medical,relation:ad"), ["domain:medical,relation:adapter"]),
        (("models", "status:missing,unsc"), ["status:missing,unscored"]),
        (("models", "licence:apache"), ["licence:apache-2.0"]),
        (("models", "org:maple-r"), ["org:maple-research"]),
        (("models", "nothing:m"), []),
        (("models", MODEL[:-4]), [MODEL]),
        (("models", f"2+{MODEL[:-4]}"), [f"2+{MODEL}"]),
        (("models", "--author", "maple-r"), ["maple-research"]),
        (("models", "--library", "peft"), ["peft"]),
        (("models", "--license", "apache"), ["apache-2.0"]),
        (("show", MODEL[:-4]), [MODEL]),
        (("path", MODEL, MODEL[:-4]), [MODEL]),
        (("path", MODEL, MODEL, MODEL[:-4]), [MODEL]),
        (("edge", "add", MODEL, MODEL[:-4]), [MODEL]),
        (("scores", "list", "--instrument", "truthfulqa"), ["truthfulqa_mc1", "truthfulqa_mc2"]),
        (("instruments", "--construct", "bi"), ["bias"]),
        (("evaluate", MODEL, "truthfulqa_mc1"), ["truthfulqa_mc1"]),
        (("export", "--format", "graph"), ["graphml"]),
        (("check", "domain:leg"), ["domain:legal"]),
        (("queue", "list", "--state", "f"), ["failed"]),
        (("changes", "--since", ""), ["1"]),
    ],
)
def test_a_word_is_completed(ask: Ask, words: tuple[str, ...], offered: list[str]) -> None:
    """Commands, options, values, selectors, ids and instruments are, each as a whole word."""
    code, out, err = ask(*words)
    assert (code, [word for word in out if word.isprintable()], err) == (0, offered, "")


def test_the_number_of_a_job_is_completed(ask: Ask, lineage: Runs, own_db: Path) -> None:
    """Of what is queued, the jobs whose numbers begin as typed."""
    assert lineage("schedule", "--queue", "--db", str(own_db), "--budget", "10h").code == 0
    numbers = {row["job"] for row in json.loads(lineage("queue", "list", "--db", str(own_db), "--format", "json").out)}
    assert len(numbers) > 1
    code, out, err = ask("queue", "cancel", "1", db=own_db)
    assert (code, err) == (0, "")
    assert {int(one) for one in out} == {one for one in numbers if str(one).startswith("1")}


def test_what_is_offered_is_bounded_and_leads_nowhere_astray(ask: Ask, crawled: Path) -> None:
    """Of too many names their beginnings are offered, which have no more in common than the names have."""
    database = open_database(crawled, "read")
    try:
        ids = [str(row[0]) for row in database.query("from models").rows]
    finally:
        database.close()
    ids = [name for name in ids if re.fullmatch(r"\w[\w./-]*", name, re.ASCII)]
    _, out, _ = ask("show", "")
    assert 1 < len(out) <= 60 < len(ids)
    assert all(any(name.startswith(word) for word in out) for name in ids)
    assert len({word[0] for word in out}) == len({name[0] for name in ids}) > 1


@pytest.mark.parametrize("kind", ["missing", "held", "none of ours", "settings"])
def test_trouble_is_never_said(
    ask: Ask, crawled: Path, tmp_path: Path, held_by: Callable[[Path], AbstractContextManager[int]], kind: str
) -> None:
    """Where the database cannot be read fixed words are completed, nothing is written and nothing is said."""
    db, changes = tmp_path / "own.duckdb", {}
    if kind == "held":
        db.write_bytes(crawled.read_bytes())
    elif kind == "none of ours":
        db.write_text("nothing")
    elif kind == "settings":
        (tmp_path / "bad.toml").write_text("nonsense = 1\n")
        changes["LINEAGE_CONFIG"] = str(tmp_path / "bad.toml")
    before = sorted(tmp_path.iterdir())
    with held_by(db) if kind == "held" else nothing():
        code, out, err = ask("models", "m", db=db, **changes)
        assert (out, err) == ([], "")
        assert kind == "settings" or code == 0
        if kind != "settings":
            assert ask("models", "unsc", db=db) == (0, ["unscored"], "")
    assert [path for path in sorted(tmp_path.iterdir()) if path.suffix != ".wal"] == before


@contextmanager
def nothing() -> Iterator[None]:
    """Hold nothing."""
    yield


def test_what_a_shell_would_obey_is_not_offered(ask: Ask, own_db: Path) -> None:
    """An id with signs of the shell, which zsh would evaluate and bash insert as they are, is left out."""
    database = open_database(own_db)
    try:
        with database.transaction():
            database.migrate("update hub.nodes set id = 'orchard/$(touch x)' where id = 'orchard/heron-2b'")
    finally:
        database.close()
    _, out, _ = ask("show", "orchard/", db=own_db)
    assert out
    assert not any("$" in word or "touch" in word for word in out)


@pytest.mark.parametrize(
    ("shell", "words", "offered"),
    [
        ("zsh", "lineage models domain:med", r"""_arguments '*: :(("domain\\:medical"))'"""),
        ("zsh", f"lineage show {MODEL[:-4]}", f"""_arguments '*: :(("{MODEL}"))'"""),
        ("fish", "lineage models domain:med", "domain:medical"),
        ("fish", f"lineage show {MODEL[:-4]}", MODEL),
    ],
)
def test_zsh_and_fish_are_told(ask: Ask, shell: str, words: str, offered: str) -> None:
    """They hand over the line as it is, and get whole words."""
    changes = {"_LINEAGE_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words}
    code, out, err = ask(**changes, _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert (code, " ".join(out), err) == (0, offered, "")
