"""DuckDB: schema, migrations, one SQL file a statement, ingest and views."""
