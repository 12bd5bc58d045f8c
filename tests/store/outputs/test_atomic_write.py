"""Where exports are written before they are whole, and how they come to their place: all of them or nothing."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from lineage.exports.errors import TargetRefused
from store.outputs.atomic_write import OutputTarget, commit, place_in, put_text, staging

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("drift.csv", "models.csv", "scores.csv")


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    """Give a folder that an earlier export wrote, but for one table; another of its files is a link by now."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "drift.csv").write_text("old")
    (folder / "models.csv").symlink_to("elsewhere.csv")
    return folder


def put_tables(folder: Path) -> None:
    """Write a folder of tables, whatever is there."""
    target = OutputTarget(path=folder, is_folder=True, overwrites=True)
    with staging(target) as private:
        place = place_in(private, target)
        for name in NAMES:
            (place / name).write_text("new")
        commit(place, target)


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    """A folder whose lock nobody holds is removed; that of an export at work, or of anybody else, stays."""
    for name in ("dead", "alive"):
        (folder := tmp_path / f".lineage-export-{name}").mkdir()
        (folder / ".lineage-lock").touch()
    (tmp_path / ".lineage-export-other").mkdir()
    with (tmp_path / ".lineage-export-alive" / ".lineage-lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        put_text(["{}"], OutputTarget(path=tmp_path / "family.json"))
    assert sorted(one.name for one in tmp_path.glob(".lineage-*")) == [".lineage-export-alive", ".lineage-export-other"]


def test_no_export_takes_the_folder_of_another_that_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between making its folder and locking it an export is no abandoned one."""
    flock = fcntl.flock

    def while_another_begins(lock: IO[bytes], how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        put_text(["{}"], OutputTarget(path=tmp_path / "other.json"))
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", while_another_begins)
    put_text(["{}"], OutputTarget(path=tmp_path / "family.json"))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["family.json", "other.json"]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """Whoever is last has the file, whole, whatever another wrote to the same place meanwhile."""
    target = OutputTarget(path=tmp_path / "found.json", overwrites=True)

    def first() -> Iterator[str]:
        yield "first, "
        put_text(["second"], target)
        assert (tmp_path / "found.json").read_text() == "second"
        yield "and last"

    put_text(first(), target)
    assert (tmp_path / "found.json").read_text() == "first, and last"
    assert [one.name for one in tmp_path.iterdir()] == ["found.json"]


@pytest.mark.parametrize("has_links", [True, False])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_the_files_of_a_folder_are_replaced_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException], *, has_links: bool
) -> None:
    """Stopped, or refused by the disk, while the files get their names: old ones are back, and none is new."""
    replace = Path.replace

    def once(self: Path, to: Path) -> Path:
        if to == folder / "scores.csv":
            raise stop
        return replace(self, to)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "no links here")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", once)
        if not has_links:
            patch.setattr("os.link", refuse)
        with pytest.raises(KeyboardInterrupt if stop is KeyboardInterrupt else TargetRefused):
            put_tables(folder)
    assert sorted(one.name for one in folder.iterdir()) == ["drift.csv", "models.csv"]
    assert (folder / "drift.csv").read_text() == "old"
    assert (folder / "models.csv").readlink() == Path("elsewhere.csv")
    put_tables(folder)
    assert [(folder / name).read_text() for name in NAMES] == ["new"] * 3
    assert not (folder / "models.csv").is_symlink()
    assert [one.name for one in folder.parent.iterdir()] == ["out"]


def test_a_folder_where_a_file_goes_leaves_all_as_it_was(folder: Path) -> None:
    """A partitioned table of the same name is no file to replace: it is named, and its neighbours stay."""
    (folder / "scores.csv").mkdir()
    with pytest.raises(TargetRefused, match=r"scores\.csv: this is a folder"):
        put_tables(folder)
    assert (folder / "drift.csv").read_text() == "old"
