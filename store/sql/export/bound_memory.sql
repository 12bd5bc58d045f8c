-- Bounds what DuckDB keeps in memory while it exports; more than that goes through the folder of the export.
set memory_limit = '300MB'
