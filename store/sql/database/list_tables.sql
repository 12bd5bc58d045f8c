-- Lists every table of the database with its schema, but for DuckDB's own and temporary ones.
select schema_name || '.' || table_name
from duckdb_tables()
where not internal
    and not temporary
