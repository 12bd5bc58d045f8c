"""What is flushed, and when, so that it outlasts a loss of power; and a disk that refuses to."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from lineage.exports.errors import TargetRefused
from store.connect import log_path, open_database
from store.errors import CannotWrite
from store.flushing import flush_all, flush_names
from store.outputs.atomic_write import OutputTarget, commit, place_in, put_text, staging

if TYPE_CHECKING:
    from store.database import Database

Flushed: TypeAlias = "list[tuple[str, tuple[str, ...]]]"
"""What was flushed: its name, and, where it is a folder, the names that were in it."""


@pytest.fixture(name="flushed")
def fixture_flushed(monkeypatch: pytest.MonkeyPatch) -> Flushed:
    """Give a list of what is flushed by Python from now on."""
    flushed: Flushed = []
    fsync = os.fsync

    def telling(descriptor: int) -> None:
        fsync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        flushed.append((path.name, tuple(one.name for one in path.iterdir()) if path.is_dir() else ()))

    monkeypatch.setattr(os, "fsync", telling)
    return flushed


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the disk refuse to flush anything."""

    def refusing(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refusing)


def write(database: Database, number: int) -> None:
    """Commit a row."""
    with database.transaction():
        database._connection.execute(
            "insert into hub.aliases values ($name, 'x', 'rename', now(), now())", {"name": f"maple/{number}"}
        )


def test_the_name_of_a_new_log_is_flushed_once(database: Database, flushed: Flushed) -> None:
    """After the first commit in it, since DuckDB flushes only what is in it, and again once it was folded in."""
    write(database, 1)
    ((name, names),) = flushed
    assert name == database.path.parent.name
    assert log_path(database.path).name in names
    write(database, 2)
    assert len(flushed) == 1
    database.run("database/checkpoint")
    write(database, 3)
    assert len(flushed) == 2
    assert log_path(database.path).name in flushed[1][1]


@pytest.mark.parametrize(("number", "is_told"), [(errno.EIO, True), (errno.ENOSPC, True), (errno.EINVAL, False)])
def test_a_folder_that_cannot_be_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, *, is_told: bool
) -> None:
    """A failed disk is told, since a commit may be lost; a file system that flushes no folders is not."""
    database = open_database(tmp_path / "a.duckdb")
    refuse(monkeypatch, number)
    if is_told:
        with pytest.raises(CannotWrite, match=os.strerror(number)):
            write(database, 1)
    else:
        write(database, 1)
    monkeypatch.undo()
    database.close()


def test_a_file_is_flushed_before_it_has_its_name(tmp_path: Path, flushed: Flushed) -> None:
    """Otherwise a loss of power may leave an empty file where the one before it was whole."""
    put_text(["{}"], OutputTarget(path=tmp_path / "family.json"))
    assert [name for name, _ in flushed] == ["family.json", tmp_path.name]
    assert "family.json" in flushed[1][1]


@pytest.mark.parametrize("is_there", [False, True])
def test_the_files_of_a_folder_are_flushed_before_they_have_their_names(
    tmp_path: Path, flushed: Flushed, *, is_there: bool
) -> None:
    """Whether the folder is new or was there before."""
    target = OutputTarget(path=tmp_path / "out", is_folder=True, overwrites=True)
    if is_there:
        (tmp_path / "out").mkdir()
    with staging(target) as private:
        place = place_in(private, target)
        (place / "models.csv").write_text("new")
        commit(place, target)
    assert [name for name, _ in flushed] == ["models.csv", "out", "out" if is_there else tmp_path.name]
    assert ("models.csv" if is_there else "out") in flushed[-1][1]


def test_a_disk_that_fails_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export whose content cannot be flushed does not replace the one before it."""
    (tmp_path / "family.json").write_text("old")
    refuse(monkeypatch, errno.EIO)
    with pytest.raises(TargetRefused):
        put_text(["{}"], OutputTarget(path=tmp_path / "family.json", overwrites=True))
    assert (tmp_path / "family.json").read_text() == "old"


def test_what_a_link_leads_to_is_not_flushed(tmp_path: Path, flushed: Flushed) -> None:
    """In a folder are flushed its files, those of the folders in it, and all their names."""
    (tmp_path / "elsewhere").touch()
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "file").touch()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    flush_all(tmp_path / "out")
    assert sorted(name for name, _ in flushed) == ["deep", "file", "out"]


def test_a_folder_that_is_gone_has_no_names(tmp_path: Path, flushed: Flushed) -> None:
    """There is nothing to flush, and no error."""
    flush_names(tmp_path / "none")
    assert flushed == []
