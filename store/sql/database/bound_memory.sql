-- Bounds what DuckDB keeps in memory; larger work spills to the disk beside the database.
set memory_limit = '400MB'
