"""Files of models come from a Hub once, pinned, without pickles, and within bounds."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import RunSummary, Setup, Weights
from evaluation.engines.transformers.disk_cache import LOCKS
from evaluation.engines.transformers.downloads import Snapshots
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.engines.transformers.runner import make_runner
from evaluation.engines.transformers.weights_hash import adapted_hash, weights_hash
from evaluation.errors import GIB, CacheFull, CannotRun, NotFetched
from evaluation.workers.local import WorkerSettings
from sandbox.hub.repo import File, Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lineage.scores.instruments import Catalogue
    from sandbox.hub.run import RunningHub

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
def hub(family: Path) -> Iterator[RunningHub]:
    """Serve the family, and one that is gated."""
    repos = [hub_repo(f"grove/{name}", family / name) for name in ("base", "tuned", "lora", "whole", "pickled")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # the sandbox serves plain files
        with serve(RepoStore([*repos, hub_repo("grove/gate", family / "base", gated="auto")])) as served:
            yield served


def on_hub(name: str, base: Weights | None = None) -> Weights:
    """Return a model of the Hub at its commit."""
    return Weights(model=f"grove/{name}", revision=SHA, base=base)


def test_a_family_runs_from_the_hub(
    hub: RunningHub, family: Path, grove: Callable[[str], Path], grove_catalogue: Catalogue, tmp_path: Path
) -> None:
    """What is fetched gives the hash and the answers of the same files in a folder; nothing is asked a second time."""
    snapshots = Snapshots(tmp_path, endpoint=hub.url)
    runner = FamilyRunner(grove_catalogue, snapshots, device="cpu")
    base = on_hub("base")
    runner.fetch_ahead(spec_on(on_hub("lora", base)))
    task = spec_on(on_hub("lora", base), instrument="grove_mc1", definition=str(grove("mc1")))
    *batches, finished = runner.run(task, frozenset())
    assert isinstance(finished, RunSummary)
    assert finished.weights_hash == adapted_hash(weights_hash(family / "lora"), weights_hash(family / "base"))
    local = Weights(model="b", revision=None, folder=str(family / "base"))
    here = Weights(model="l", revision=None, folder=str(family / "lora"), base=local)
    *others, _ = FamilyRunner(grove_catalogue, device="cpu").run(
        spec_on(here, instrument="grove_mc1", definition=str(grove("mc1"))), frozenset()
    )
    assert [batch.items for batch in batches if not isinstance(batch, RunSummary)] == [
        batch.items for batch in others if not isinstance(batch, RunSummary)
    ]
    runner.close()


def test_only_what_is_needed_is_fetched(hub: RunningHub, tmp_path: Path) -> None:
    """No card, no code, no pickles; hashes of large files are the Hub's own; the commit is pinned."""
    with closing(Snapshots(tmp_path, endpoint=hub.url)) as snapshots:
        snapshot = snapshots.fetch(Weights(model="grove/base", revision=None))
    names = {path.name for path in snapshot.folder.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json"} <= names
    assert not names & {"README.md", "grove.py", "x.bin"}
    assert snapshot.revision == SHA
    assert set(snapshot.known) == {"model.safetensors"}
    assert snapshot.hash() == weights_hash(snapshot.folder)


def test_code_comes_only_where_it_is_trusted(hub: RunningHub, tmp_path: Path) -> None:
    """Python files are fetched where the user passed the flag."""
    weights = Weights(model="grove/base", revision=SHA, trusts_remote_code=True)
    with closing(Snapshots(tmp_path, endpoint=hub.url)) as snapshots:
        assert (snapshots.fetch(weights).folder / "grove.py").is_file()


REFUSALS = [("pickled", "pickles only"), ("gate", "gated"), ("nothing", "no such model")]


@pytest.mark.parametrize(("name", "reason"), REFUSALS)
def test_what_cannot_be_had_says_why(name: str, reason: str, hub: RunningHub, tmp_path: Path) -> None:
    """Pickles, gates and unknown names are final."""
    with pytest.raises(CannotRun, match=reason):
        Snapshots(tmp_path, endpoint=hub.url).fetch(on_hub(name))


def test_a_missing_revision_is_final(hub: RunningHub, tmp_path: Path) -> None:
    """A commit that is not there cannot be run."""
    with pytest.raises(CannotRun, match="no such revision"):
        Snapshots(tmp_path, endpoint=hub.url).fetch(Weights(model="grove/base", revision="f" * 40))


def test_a_hub_that_is_away_may_come_back(tmp_path: Path) -> None:
    """No answer is no reason to give a model up."""
    with pytest.raises(NotFetched, match="grove/base"):
        Snapshots(tmp_path, endpoint="http://127.0.0.1:9").fetch(on_hub("base"))


def test_a_full_disk_is_named(hub: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says of it is what a person can mend; the path in it is left out, and it is tried again."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret/place")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(NotFetched, match="No space left on device") as caught:
        Snapshots(tmp_path, endpoint=hub.url).fetch(on_hub("base"))
    assert "secret" not in str(caught.value)


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder, each once, without what locks them; nobody fetches meanwhile."""
    with ExitStack() as fetching:
        if (folder / LOCKS).is_dir():
            lock = fetching.enter_context((folder / LOCKS / "room.in-use").open("ab"))
            fcntl.flock(lock, fcntl.LOCK_SH)
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@pytest.fixture
def sharing(hub: RunningHub, tmp_path: Path) -> Iterator[Callable[..., Snapshots]]:
    """Return what makes a worker's view of one folder, with a bound in bytes; all are closed after the test."""
    with ExitStack() as closing_all:

        def view(bound: int | None = None) -> Snapshots:
            cache_gb = None if bound is None else (bound + 1) / GIB
            return closing_all.enter_context(closing(Snapshots(tmp_path, cache_gb, hub.url)))

        yield view


def test_the_cache_is_bounded(sharing: Callable[..., Snapshots], family: Path, tmp_path: Path) -> None:
    """What was used longest ago goes, and what never fits is refused."""
    first = sharing()
    folders = [first.fetch(on_hub(name)).folder for name in ("base", "tuned", "lora")]
    for place, folder in enumerate(folders):
        os.utime(folder, (place, place))
    first.close()
    held = size_of(tmp_path)
    whole = sharing(held)
    assert whole.fetch(on_hub("whole")).folder.is_dir()
    assert [folder.is_dir() for folder in folders] == [False, True, True]
    assert size_of(tmp_path) <= held
    with pytest.raises(CannotRun, match="more than the cache"):
        sharing(size_of(family / "base") // 2).fetch(on_hub("base"))


def test_what_is_in_use_leaves_no_room(sharing: Callable[..., Snapshots], tmp_path: Path) -> None:
    """A model that fits only without one that another worker uses waits; when that is done with, it goes."""
    other = sharing()
    base = other.fetch(on_hub("base"))
    snapshots = sharing(int(1.5 * size_of(tmp_path)))
    with pytest.raises(CacheFull, match="in use"):
        snapshots.fetch(on_hub("tuned"))
    assert base.hash() == weights_hash(base.folder)
    other.release(on_hub("base"))
    assert snapshots.fetch(on_hub("tuned")).folder.is_dir()
    assert not base.folder.is_dir()


def test_what_is_here_takes_no_room(sharing: Callable[..., Snapshots], tmp_path: Path) -> None:
    """Fetching a model again removes no other, however full the cache is."""
    first = sharing()
    folders = [first.fetch(on_hub(name)).folder for name in ("base", "lora")]
    first.close()
    again = sharing(size_of(tmp_path))
    assert [again.fetch(on_hub(name)).folder for name in ("base", "lora")] == folders


def test_what_was_fetched_ahead_and_removed_is_fetched_again(sharing: Callable[..., Snapshots], tmp_path: Path) -> None:
    """Fetching ahead holds nothing: what had to go meanwhile comes again."""
    snapshots = sharing()
    snapshots.fetch_ahead(on_hub("base"))
    snapshots.close()
    (found,) = tmp_path.glob("models--*")
    shutil.rmtree(found)
    assert (snapshots.fetch(on_hub("base")).folder / "model.safetensors").is_file()


def test_what_is_gone_since_it_was_looked_for_is_not_brought_back(
    sharing: Callable[..., Snapshots], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room is made for a model that is here: removed a moment later, it must not come past the bound."""
    with monkeypatch.context() as patch:
        patch.setattr(Snapshots, "_missing", lambda *_: 0)
        with pytest.raises(NotFetched):
            sharing(1 << 30).fetch(on_hub("base"))
    assert not [*tmp_path.glob("models--*/**/*.safetensors")]
    assert (sharing(1 << 30).fetch(on_hub("base")).folder / "model.safetensors").is_file()


def test_the_bound_reaches_the_worker() -> None:
    """What is asked on the command line bounds the cache of a worker's runner; without it there is no bound."""
    command = WorkerSettings(setup=Setup(cache_gb=2.5)).command()
    assert Setup.from_json(command[command.index("--setup") + 1]).cache_gb == 2.5
    assert make_runner(Setup(cache_gb=2.5)).snapshots.room.cache_gb == 2.5
    assert make_runner(Setup()).snapshots.room.cache_gb is None


def test_a_family_stays_within_the_bound(
    hub: RunningHub, family: Path, grove: Callable[[str], Path], grove_catalogue: Catalogue, tmp_path: Path
) -> None:
    """Base, adapters and fine-tune run in a cache for one model and an adapter; what runs is there until it is done."""
    largest = max(size_of(family / name) for name in ("base", "tuned"))
    bound = int(1.5 * largest)
    order = [on_hub("base"), on_hub("lora", on_hub("base")), on_hub("tuned"), on_hub("lora", on_hub("base"))]
    runner = FamilyRunner(grove_catalogue, Snapshots(tmp_path, bound / GIB, hub.url), device="cpu")
    with closing(runner):
        for number, weights in enumerate(order):
            task = spec_on(weights, instrument="grove_mc1", definition=str(grove("mc1")))
            in_use = [weights.model, *([] if weights.base is None else [weights.base.model])]
            for follower in order[number + 1 : number + 2]:
                runner.fetch_ahead(spec_on(follower))
            for _ in runner.run(task, frozenset()):
                assert size_of(tmp_path) <= bound
                assert all((tmp_path / f"models--{name.replace('/', '--')}").is_dir() for name in in_use)
