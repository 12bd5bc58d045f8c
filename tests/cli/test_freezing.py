"""`lineage snapshot create` and `diff` as their user runs them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import pytest

    from tests.cli.conftest import Runs


def test_a_snapshot_is_made_verified_and_only_read(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """It states its hash, which holds; it answers like the database, and refuses to be written."""
    frozen = tmp_path / "frozen.duckdb"
    ran = lineage("snapshot", "create", "-o", str(frozen), "--db", str(own_db), "--format", "json")
    assert ran.code == 0, ran.err
    (facts,) = json.loads(ran.out)
    assert (facts["file"], facts["source"], len(facts["content"])) == (str(frozen), own_db.name, 64)
    verified = lineage("snapshot", "create", "--verify", "--db", str(frozen), "--format", "json")
    assert (verified.code, json.loads(verified.out)) == (0, [facts])
    asked = ("sql", "select count(*) from edges", "--db")
    assert lineage(*asked, str(frozen)).out == lineage(*asked, str(own_db)).out
    refused = lineage("resolve", "--db", str(frozen))
    assert (refused.code, "this is a snapshot" in refused.err) == (3, True)
    again = lineage("snapshot", "create", "-o", str(frozen), "--db", str(own_db))
    assert (again.code, "already exists" in again.err) == (2, True)


def test_a_snapshot_is_dated(lineage: Runs, own_db: Path) -> None:
    """Without a name it stands beside the database, with the day."""
    ran = lineage("snapshot", "create", "--db", str(own_db), "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert Path(row["file"]) == own_db.with_name(f"own-{row['made_at'][:10]}.duckdb")
    assert Path(row["file"]).exists()


def test_an_altered_snapshot_fails(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """Exit code 1, and the hash that was found."""
    frozen = tmp_path / "frozen.duckdb"
    assert lineage("snapshot", "create", "-o", str(frozen), "--db", str(own_db)).code == 0
    frozen.chmod(0o644)
    with duckdb.connect(str(frozen)) as connection:
        connection.execute("update hub.models set license = 'mit'")
    ran = lineage("snapshot", "create", "--verify", "--db", str(frozen))
    assert (ran.code, "ALTERED" in ran.err) == (1, True)


def test_what_does_not_differ(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """Exit code 0, nothing on stdout, and a sentence."""
    frozen = tmp_path / "frozen.duckdb"
    assert lineage("snapshot", "create", "-o", str(frozen), "--db", str(own_db)).code == 0
    ran = lineage("snapshot", "diff", str(own_db), str(frozen))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.endswith("do not differ\n")


def test_differences_in_every_form(lineage: Runs, own_db: Path, crawled: Path) -> None:
    """Exit code 1; counts come first in the table, and on stderr beside the rows for programs."""
    with duckdb.connect(str(own_db)) as connection:
        connection.execute("update hub.models set license = chr(27) || '=x' where id like 'maple-research/maple-7b%'")
        connection.execute("delete from hub.edges where relation = 'merge'")
    table = lineage("snapshot", "diff", str(crawled), str(own_db), "--limit", "2")
    assert table.code == 1
    assert table.out.startswith("kind       differences\nlicence")
    assert "\x1b" not in table.out
    assert "more; --limit 0 shows all)" in table.err
    asked = ("snapshot", "diff", str(crawled), str(own_db), "--kind", "edge_gone", "--limit", "0")
    rows = json.loads(lineage(*asked, "--format", "json").out)
    assert {row["kind"] for row in rows} == {"edge_gone"}
    listed = lineage(*asked, "--format", "csv")
    assert len(list(csv.DictReader(io.StringIO(listed.out)))) == len(rows)
    assert f"differ: {len(rows):,} edge_gone" in listed.err
    assert lineage(*asked[:4], "--kind", "verdict").code == 0


def test_what_is_no_database(lineage: Runs, crawled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file and a stranger's are told by name, exit code 3."""
    monkeypatch.chdir(tmp_path)
    Path("other.duckdb").write_text("not one")
    for name in ("nowhere.duckdb", "other.duckdb"):
        ran = lineage("snapshot", "diff", str(crawled), name)
        assert (ran.code, ran.out) == (3, "")
        assert name in ran.err
