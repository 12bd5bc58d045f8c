"""The limit of a load: DuckDB alone reads JSON lines into typed columns and keeps each record's text; prints a count.

`python -m benchmarks.rig.typed_store RECORDS DATABASE`.
"""

from __future__ import annotations

import sys
from typing import Final

import duckdb

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
    """Fill a new database with the records of a file, on one thread and with the memory that a load may use."""
    with duckdb.connect(sys.argv[2], config={"threads": 1, "memory_limit": MEMORY}) as connection:
        connection.execute(CREATE)
        connection.execute(FILL, [sys.argv[1]])
        print(connection.table("models").count("*").fetchall()[0][0])


if __name__ == "__main__":
    main()
