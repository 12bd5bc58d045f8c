-- Lists every table and view of the database with its schema, but for DuckDB's own and temporary ones.
select schema_name || '.' || table_name
from duckdb_tables()
where not internal
    and not temporary
union all
select schema_name || '.' || view_name
from duckdb_views()
where not internal
    and not temporary
