"""DuckDB: schema, migrations, one SQL file per subject, ingest and views."""
