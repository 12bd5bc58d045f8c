"""Files of models come from a Hub once, pinned, without pickles, and within bounds."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from evaluation.errors import CannotRun, NotFetched
from evaluation.runners.families import FamilyRunner
from evaluation.runners.snapshots import GIB, Snapshots
from evaluation.runners.weights_hash import adapted_hash, weights_hash
from evaluation.work import Finished, Task, Weights
from sandbox.holdings import Holdings
from sandbox.repos import File, Repo
from sandbox.running import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lineage.instruments import Catalogue
    from sandbox.running import Served

SHA = f"{7:040x}"


def hub_file(path: str, content: bytes) -> File:
    """Return a file of a repository, a large one where it holds weights."""
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    lfs_oid = hashlib.sha256(content).hexdigest() if path.endswith((".safetensors", ".bin")) else None
    return File(path=path, size_bytes=len(content), oid=oid, content=content, lfs_oid=lfs_oid)


def hub_repo(name: str, folder: Path, **fields: object) -> Repo:
    """Return a repository with the files of a folder, a card, and code that nobody asked for."""
    files = [hub_file(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    files += [hub_file("README.md", b"# card"), hub_file("grove.py", b"raise SystemExit"), hub_file("x.bin", b"pickle")]
    record: dict[str, object] = {
        "_id": hashlib.sha256(name.encode()).hexdigest()[:24],
        "id": name,
        "createdAt": "2024-05-01T00:00:00.000Z",
        "lastModified": "2024-06-01T00:00:00.000Z",
        "sha": SHA,
        "tags": [],
        "siblings": [{"rfilename": file.path} for file in files],
    }
    return Repo(record=record | fields, files=tuple(files))


@pytest.fixture(scope="module")
def hub(family: Path) -> Iterator[Served]:
    """Serve the family, and one that is gated."""
    repos = [hub_repo(f"grove/{name}", family / name) for name in ("base", "tuned", "lora", "pickled")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # the sandbox serves plain files
        with serve(Holdings([*repos, hub_repo("grove/gate", family / "base", gated="auto")])) as served:
            yield served


def on_hub(name: str, base: Weights | None = None) -> Weights:
    """Return a model of the Hub at its commit."""
    return Weights(model=f"grove/{name}", revision=SHA, base=base)


def test_a_family_runs_from_the_hub(
    hub: Served, family: Path, grove: Callable[[str], Path], grove_catalogue: Catalogue, tmp_path: Path
) -> None:
    """What is fetched gives the hash and the answers of the same files in a folder; nothing is asked a second time."""
    snapshots = Snapshots(tmp_path, endpoint=hub.url)
    runner = FamilyRunner(grove_catalogue, snapshots, device="cpu")
    base = on_hub("base")
    runner.fetch_ahead(on_hub("lora", base))
    task = Task(job=1, weights=on_hub("lora", base), instrument="grove_mc1", definition=str(grove("mc1")))
    *batches, finished = runner.run(task, frozenset())
    assert isinstance(finished, Finished)
    assert finished.weights_hash == adapted_hash(weights_hash(family / "lora"), weights_hash(family / "base"))
    local = Weights(model="b", revision=None, folder=str(family / "base"))
    here = Weights(model="l", revision=None, folder=str(family / "lora"), base=local)
    *others, _ = FamilyRunner(grove_catalogue, device="cpu").run(
        Task(job=2, weights=here, instrument="grove_mc1", definition=str(grove("mc1"))), frozenset()
    )
    assert [batch.items for batch in batches if not isinstance(batch, Finished)] == [
        batch.items for batch in others if not isinstance(batch, Finished)
    ]
    runner.close()


def test_only_what_is_needed_is_fetched(hub: Served, tmp_path: Path) -> None:
    """No card, no code, no pickles; hashes of large files are the Hub's own; the commit is pinned."""
    snapshot = Snapshots(tmp_path, endpoint=hub.url).fetch(Weights(model="grove/base", revision=None))
    names = {path.name for path in snapshot.folder.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= names
    assert not names & {"README.md", "grove.py", "x.bin"}
    assert snapshot.revision == SHA
    assert set(snapshot.known) == {"model.safetensors"}
    assert snapshot.hash() == weights_hash(snapshot.folder)


def test_code_comes_only_where_it_is_trusted(hub: Served, tmp_path: Path) -> None:
    """Python files are fetched where the user passed the flag."""
    weights = Weights(model="grove/base", revision=SHA, trusts_remote_code=True)
    assert (Snapshots(tmp_path, endpoint=hub.url).fetch(weights).folder / "grove.py").is_file()


REFUSALS = [("pickled", "pickles only"), ("gate", "gated"), ("nothing", "no such model")]


@pytest.mark.parametrize(("name", "reason"), REFUSALS)
def test_what_cannot_be_had_says_why(name: str, reason: str, hub: Served, tmp_path: Path) -> None:
    """Pickles, gates and unknown names are final."""
    with pytest.raises(CannotRun, match=reason):
        Snapshots(tmp_path, endpoint=hub.url).fetch(on_hub(name))


def test_a_missing_revision_is_final(hub: Served, tmp_path: Path) -> None:
    """A commit that is not there cannot be run."""
    with pytest.raises(CannotRun, match="no such revision"):
        Snapshots(tmp_path, endpoint=hub.url).fetch(Weights(model="grove/base", revision="f" * 40))


def test_a_hub_that_is_away_may_come_back(tmp_path: Path) -> None:
    """No answer is no reason to give a model up."""
    with pytest.raises(NotFetched, match="grove/base"):
        Snapshots(tmp_path, endpoint="http://127.0.0.1:9").fetch(on_hub("base"))


def test_the_cache_is_bounded(hub: Served, tmp_path: Path) -> None:
    """What was used longest ago goes, what is loaded stays, and what never fits is refused."""
    snapshots = Snapshots(tmp_path, endpoint=hub.url)
    base, lora = snapshots.fetch(on_hub("base")), snapshots.fetch(on_hub("lora"))
    size = sum(path.stat().st_size for path in base.folder.iterdir())
    os.utime(base.folder, (1, 1))
    os.utime(lora.folder, (2, 2))
    snapshots.cache_gb = 1.5 * size / GIB
    snapshots.release(lora)
    tuned = snapshots.fetch(on_hub("tuned"))
    assert base.folder.is_dir()
    assert not lora.folder.is_dir()
    assert tuned.folder.is_dir()
    snapshots.cache_gb = 0.5 * size / GIB
    with pytest.raises(CannotRun, match="more than the cache"):
        Snapshots(tmp_path / "other", 0.5 * size / GIB, hub.url).fetch(on_hub("base"))
