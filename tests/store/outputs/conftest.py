"""A database with a family that is scored, a merge, an inferred edge, and models of hostile names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database
from store.drift.write_drift import refresh
from store.ingest.crawl_store import DuckDBCrawlStore
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

FAMILY: tuple[tuple[str, list[str]], ...] = (
    ("maple/base", ["license:apache-2.0"]),
    ("cedar/legal-chat", ["base_model:finetune:maple/base", "legal"]),
    ("oak/lora", ["base_model:adapter:maple/base"]),
    ("cedar/merge", ["base_model:merge:cedar/legal-chat", "base_model:merge:pine/other"]),
    ("pine/other", []),
)
HARMFUL = {"maple/base": 40, "cedar/legal-chat": 100, "oak/lora": 42}
HOSTILE: tuple[str, ...] = (
    "=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1+1",
    "-1",
    'quote"comma,semi;',
    "line\r\nend\nand\u2028more",
    "bidi\u202egnp.exe",
    "control\x01\x1b[31m",
    "<script>&amp;'",
    "\U0001f468\u200d\U0001f469 \u4e2d\u6587",
    " leading and trailing ",
    "",
)
"""Ids that a database may hold; lone surrogates it cannot."""


@pytest.fixture(name="path")
def fixture_path(family: Path, tmp_path: Path) -> Path:
    """Give a copy of the file of a family."""
    return Path(shutil.copy(family, tmp_path / "lineage.duckdb"))


@pytest.fixture(name="hostile_path")
def fixture_hostile_path(hostile: Path, tmp_path: Path) -> Path:
    """Give a copy of the file of hostile models."""
    return Path(shutil.copy(hostile, tmp_path / "hostile.duckdb"))


@pytest.fixture(name="family", scope="session")
def fixture_family(
    tmp_path_factory: pytest.TempPathFactory,
    open_desk: Callable[[Database, DuckDBCrawlStore], Desk],
    make_score: Callable[..., Score],
) -> Path:
    """Make the file of a family of five, three of them scored; one edge of it was inferred."""
    path = tmp_path_factory.mktemp("family") / "lineage.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take([desk.record(number, id=name, tags=tags) for number, (name, tags) in enumerate(FAMILY)])
        desk.derive()
    write_scores(writer, [make_score(model, ones, with_items=True) for model, ones in HARMFUL.items()], desk.START)
    refresh(writer)
    writer._connection.execute("update hub.edges set inferred = true, rule = 'name' where child = 'oak/lora'")
    writer.close()
    return path


@pytest.fixture(name="hostile", scope="session")
def fixture_hostile(
    tmp_path_factory: pytest.TempPathFactory, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> Path:
    """Make the file of models whose ids, licences and declarations are hostile, all made from the first."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        parents = [[], *[["base_model:finetune:maple/model-0"]] * (len(HOSTILE) - 1)]
        desk.take([desk.record(number, tags=tags) for number, tags in enumerate(parents)])
        desk.derive()
    for number, name in enumerate(HOSTILE):
        change = {"old": f"maple/model-{number}", "new": name}
        for statement in (
            "update hub.models set id = $new, license = $new where id = $old",
            "update hub.nodes set id = $new where id = $old",
            "update hub.edges set child = $new, declared_as = $new where child = $old",
            "update hub.edges set parent = $new where parent = $old",
            "update hub.families set model = $new where model = $old",
        ):
            writer._connection.execute(statement, change)
    writer.close()
    return path


@pytest.fixture(name="hostile_ids", scope="session")
def fixture_hostile_ids() -> tuple[str, ...]:
    """Give the hostile ids, that of the parent of all others first."""
    return HOSTILE
