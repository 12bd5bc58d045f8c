"""Up to the stored records, nothing derived: `lineage` itself, and DuckDB alone, which is the limit.

`python -m benchmarks.rig.stored_records lineage crawl --all ...`, with any arguments of `lineage`, or
`python -m benchmarks.rig.stored_records duckdb RECORDS DATABASE`, which prints a count.
"""

from __future__ import annotations

import sys
from typing import Final

import duckdb

import cli
from store.ingest.crawl_store import DuckDBCrawlStore

CREATE: Final = """
create table models (
    hub_id varchar, id varchar, sha varchar, author varchar, created_at timestamptz, last_modified_at timestamptz,
    downloads bigint, likes bigint, pipeline_tag varchar, library varchar, tags varchar[], private boolean,
    gated varchar, card json, config json, safetensors json, body json using compression zstd
)
"""
FILL: Final = """
insert into models
select
    typed._id, typed.id, typed.sha, typed.author, try_cast(typed.createdAt as timestamptz),
    try_cast(typed.lastModified as timestamptz), typed.downloads, typed.likes, typed.pipeline_tag, typed.library_name,
    typed.tags, typed.private, typed.gated, typed.cardData, typed.config, typed.safetensors, json
from (
    select
        json,
        json_transform(json, '{
            "_id": "VARCHAR", "id": "VARCHAR", "sha": "VARCHAR", "author": "VARCHAR", "createdAt": "VARCHAR",
            "lastModified": "VARCHAR", "downloads": "BIGINT", "likes": "BIGINT", "pipeline_tag": "VARCHAR",
            "library_name": "VARCHAR", "tags": ["VARCHAR"], "private": "BOOLEAN", "gated": "VARCHAR",
            "cardData": "JSON", "config": "JSON", "safetensors": "JSON"
        }') as typed
    from read_json_objects($1, format = 'newline_delimited', maximum_object_size = 67108864)
)
"""
MEMORY: Final = "400MB"


def main() -> None:
    """Run what the command line names first."""
    what = sys.argv.pop(1)
    if what == "lineage":
        DuckDBCrawlStore.derive = lambda *_: None  # type: ignore[method-assign] # what is derived is measured elsewhere
        cli.main()
    else:
        fill(*sys.argv[1:])


def fill(records: str, database: str) -> None:
    """Type and keep the records of a file in a new database, on one thread and with the memory that a load may use."""
    with duckdb.connect(database, config={"threads": 1, "memory_limit": MEMORY}) as connection:
        connection.execute(CREATE)
        connection.execute(FILL, [records])
        print(connection.table("models").count("*").fetchall()[0][0])


if __name__ == "__main__":
    main()
