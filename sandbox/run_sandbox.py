"""What the sandbox serves, and how a program serves it from a thread."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.hub.repo import Repo
    from sandbox.hub.repo_store import RepoStore


@contextmanager
def run_sandbox(*, seed: int = 0, models: int = 600, weights_folder: Path | None = None) -> Iterator[str]:
    """Serve the fictional catalogue from a thread, with a family of real weights if given, and yield its address."""
    from sandbox.hub.run import serve as serve_in_thread

    with serve_in_thread(chosen_repositories(seed, models, None, weights_folder)) as served:
        yield served.url


def chosen_repositories(seed: int, models: int, records: Path | None, weights_folder: Path | None) -> RepoStore:
    """Return the fictional catalogue or the records of a file, with the models of a folder of weights."""
    from sandbox.hub.repo_store import RepoStore

    family = _family(weights_folder, seed)
    if records is not None:
        from sandbox.hub.record_file import RecordFile

        return RepoStore(family, records=RecordFile.read(records))
    from sandbox.catalogue import generate

    return RepoStore((*generate(seed=seed, models=models), *family))


def _family(folder: Path | None, seed: int) -> tuple[Repo, ...]:
    if folder is None:
        return ()
    from sandbox.weights.repositories import read_family

    return read_family(folder, seed=seed)
