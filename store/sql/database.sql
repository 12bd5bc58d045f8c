-- name: allow_one_folder
-- Names the one folder whose files stay within reach when all other access is forbidden.
set allowed_directories = [$folder]

-- name: bound_export_memory
-- Bounds what DuckDB keeps in memory while it exports; more than that goes through the folder of the export.
set memory_limit = '300MB'

-- name: bound_export_threads
-- Bounds how many threads share the memory of an export: each needs some of its own.
set threads = 2

-- name: bound_memory
-- Bounds what DuckDB keeps in memory; larger work spills to the disk beside the database.
set memory_limit = '400MB'

-- name: checkpoint
-- Folds the write-ahead log into the file, so that the file alone is the whole database.
checkpoint

-- name: checkpoint_late
-- Lets the write-ahead log grow to 128 MB before it is folded into the file: each fold rewrites the last row group.
set wal_autocheckpoint = '128MB'

-- name: draw_nothing
-- Keeps DuckDB from drawing a progress bar of its own, which would end up in the answer.
set enable_progress_bar = false

-- name: forbid_other_access
-- Forbids every file and address that was not allowed before; it cannot be undone on this connection.
set enable_external_access = false

-- name: is_locked
-- Says whether settings can be changed no more, as another connection of this process to the same file has seen to.
select current_setting('lock_configuration')

-- name: list_tables
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

-- name: lock_settings
-- Forbids every later change of a setting, by functions within a query too; it cannot be undone on this database.
set lock_configuration = true

-- name: schema_version
-- Returns the version that the database's schema has reached.
select max(version)
from hub.migrations

-- name: set_version
-- Notes that the schema has reached $version.
insert into hub.migrations
values ($version, now())

-- name: spill_here
-- Names the folder to which DuckDB writes what does not fit into memory.
set temp_directory = $folder

-- name: use_all_threads
-- Lets DuckDB work in as many threads as there are cores.
reset threads

-- name: use_one_thread
-- Makes DuckDB work in one thread: a page is too small to share, and the fetching needs the other core.
set threads = 1

-- name: use_utc
-- Makes every time of day that is printed UTC, by later connections to the same open file too.
set global timezone = 'UTC'
