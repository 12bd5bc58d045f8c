"""Publish a graph as a data set on the Hub, and download one that was published, or a listing of the Hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.publishing.dataset_card import CARD, CROISSANT, croissant_json, dataset_card
from lineage.publishing.manifest import NAME, manifest_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.hub.dataset_repo import DatasetRepository, DatasetSnapshot, PublishedGraph
    from lineage.publishing.dataset_card import CardFacts
    from lineage.publishing.manifest import GraphManifest, PublishedFile

LISTING_DATASET: Final = "hfmlsoc/hub_weekly_snapshots"
"""A weekly listing of every public model (ODbL-1.0), which carries on the former `cfahlgren1/hub-stats`."""
LISTING_FILE: Final = re.compile(r"models/(\d{4}-\d{2}-\d{2})/models\.parquet")
EMPTY: Final = frozenset({".gitattributes"})
"""What a data set holds that was made and never written to."""


class NotPublishedByUs(LineageError):
    """A data set holds something else than a graph, which would be overwritten."""

    exit_code = 2
    hint = "name a data set that does not exist yet"


class NothingPublished(LineageError):
    """There is no such data set, or not for us."""

    exit_code = 1
    hint = "check the id; a private data set needs the token of an account that may read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingPlan:
    """What is to be uploaded: the manifest of now, what is there (None if there is no data set), what differs."""

    manifest: GraphManifest
    before: DatasetSnapshot | None
    changed: tuple[PublishedFile, ...]
    outdated: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyListing:
    """A listing of the Hub's models: the parquet file, the day it was made (YYYY-MM-DD), and its commit."""

    path: Path
    made_on: str
    commit: str


def find_published(repo: DatasetRepository) -> tuple[DatasetSnapshot | None, GraphManifest | None]:
    """Return the newest version of a data set, None if there is none, and the manifest in it, None if it is empty.

    Raises NotPublishedByUs if it holds something else, and HubError.
    """
    there = repo.version()
    if there is None or there.files <= EMPTY:
        return there, None
    if NAME not in there.files:
        raise NotPublishedByUs(f"{repo.dataset} holds something that `lineage publish` did not write")
    return there, repo.read(there).manifest


def plan_publishing(
    repo: DatasetRepository,
    folder: Path,
    written: tuple[GraphManifest, CardFacts],
    published: tuple[DatasetSnapshot | None, GraphManifest | None],
) -> PublishingPlan:
    """Describe the tables that were `written` below a folder, and compare them with what `find_published` found."""
    manifest, facts = written
    version, before = published
    for name, text in (
        (NAME, manifest_json(manifest)),
        (CARD, dataset_card(repo.dataset, manifest, facts)),
        (CROISSANT, croissant_json(repo.dataset, repo.endpoint, manifest, facts)),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    listed = {file.path for file in manifest.files}
    outdated = sorted(file.path for file in before.files if file.path not in listed) if before is not None else []
    return PublishingPlan(
        manifest=manifest, before=version, changed=manifest.differing(before), outdated=tuple(outdated)
    )


def upload(plan: PublishingPlan, folder: Path, repo: DatasetRepository, *, is_private: bool) -> str | None:
    """Upload what differs in one commit and return it; None if nothing does. Raises NotSignedIn and HubError."""
    if not plan.changed and not plan.outdated:
        return None
    told = plan.manifest
    return repo.write(
        folder,
        (*(file.path for file in plan.changed), NAME, CARD, CROISSANT),
        outdated=plan.outdated,
        over=None if plan.before is None else plan.before.commit,
        summary=f"{told.models:,} models, {told.edges:,} edges, {told.scores:,} scores",
        is_private=is_private,
    )


def download_graph(
    repo: DatasetRepository, revision: str | None, tell: Callable[[PublishedFile, int], None]
) -> tuple[PublishedGraph, Path]:
    """Download the tables of a graph at a revision, by default the newest, and return it and the folder they are below.

    `tell` is called before each file, with how many are behind it. Nothing is checked yet. Raises NothingPublished,
    ManifestRefused and HubError.
    """
    version = repo.version(revision)
    if version is None:
        raise NothingPublished(f"there is no data set {repo.dataset} at {repo.endpoint}")
    graph = repo.read(version)
    folder = repo.download(NAME, version.commit).parent
    for done, file in enumerate(graph.manifest.in_folder("tables")):
        tell(file, done)
        repo.download(file.path, version.commit)
    return graph, folder


def download_listing(endpoint: str, revision: str | None) -> WeeklyListing:
    """Download the newest weekly listing of the Hub that a revision has. Raises NothingPublished, HubError."""
    from crawler.hub.dataset_repo import DatasetRepository

    repo = DatasetRepository(dataset=LISTING_DATASET, endpoint=endpoint)
    version = repo.version(revision)
    dated = (LISTING_FILE.fullmatch(path) for path in (version.files if version is not None else ()))
    newest = max((match for match in dated if match), key=lambda match: match[1], default=None)
    if version is None or newest is None:
        raise NothingPublished(f"there is no listing of models in {LISTING_DATASET} at {endpoint}")
    return WeeklyListing(path=repo.download(newest[0], version.commit), made_on=newest[1], commit=version.commit)
