"""What is written beside its place gets its name when it is whole, and the files of a folder get theirs together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.exports.errors import TargetRefused
from lineage.exports.formats import find_format
from store.exporting import Order, export
from store.exports.staging import Target, put_text

if TYPE_CHECKING:
    from collections.abc import Iterator


def into(folder: Path, name: str) -> Order:
    """Return an order of all tables into a folder, over what is there."""
    return Order(form=find_format(name), target=Target(path=folder, is_folder=True, overwrites=True))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_the_files_of_a_folder_are_replaced_together(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    """Stopped, or refused by the disk, while the files get their names: old ones are back, and none is new."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "drift.csv").write_text("old")
    (folder / "models.csv").symlink_to("elsewhere.csv")
    replace = Path.replace

    def once(self: Path, to: Path) -> Path:
        if to == folder / "scores.csv":
            raise stop
        return replace(self, to)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", once)
        with pytest.raises(KeyboardInterrupt if stop is KeyboardInterrupt else TargetRefused):
            export(path, into(folder, "csv"))
    assert sorted(one.name for one in folder.iterdir()) == ["drift.csv", "models.csv"]
    assert (folder / "drift.csv").read_text() == "old"
    assert (folder / "models.csv").readlink() == Path("elsewhere.csv")
    export(path, into(folder, "csv"))
    assert (folder / "drift.csv").read_text().startswith("model,")
    assert not (folder / "models.csv").is_symlink()
    assert not [*tmp_path.glob(".*")]


def test_a_folder_where_a_file_goes_leaves_all_as_it_was(path: Path, tmp_path: Path) -> None:
    """A partitioned table of the same name is no file to replace: it is named, and its neighbours stay."""
    folder = tmp_path / "out"
    (folder / "models.parquet").mkdir(parents=True)
    (folder / "drift.parquet").write_text("old")
    with pytest.raises(TargetRefused, match=r"models\.parquet: this is a folder"):
        export(path, into(folder, "parquet"))
    assert (folder / "drift.parquet").read_text() == "old"
    assert not (folder / "edges.parquet").exists()


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    """Whoever is last has the file, whole, whatever another wrote to the same place meanwhile."""
    target = Target(path=tmp_path / "found.json", overwrites=True)

    def first() -> Iterator[str]:
        yield "first, "
        put_text(["second"], target)
        assert (tmp_path / "found.json").read_text() == "second"
        yield "and last"

    put_text(first(), target)
    assert (tmp_path / "found.json").read_text() == "first, and last"
    assert [one.name for one in tmp_path.iterdir()] == ["found.json"]
