-- name: allow_one_folder
-- Sets the one folder whose files stay accessible when all other access is forbidden.
set allowed_directories = [$folder]

-- name: bound_export_threads
-- Limits the threads that share an export's memory: each needs some of its own.
set threads = 2

-- name: bound_memory
-- Limits DuckDB's memory to a size such as 400MB; larger work spills to the disk beside the database.
set memory_limit = $size

-- name: checkpoint
-- Folds the write-ahead log into the file, so that the file alone is the whole database.
checkpoint

-- name: checkpoint_late
-- Lets the write-ahead log grow to 128 MB before it is folded into the file, since each fold rewrites the last row group.
set wal_autocheckpoint = '128MB'

-- name: draw_nothing
-- Turns off DuckDB's own progress bar, which would end up in the output.
set enable_progress_bar = false

-- name: forbid_other_access
-- Forbids access to every file and address that was not allowed before; this cannot be undone on this connection.
set enable_external_access = false

-- name: is_drawing
-- Returns whether DuckDB draws a progress bar. In a notebook without ipywidgets it draws none and refuses the setting.
select current_setting('enable_progress_bar')

-- name: is_locked
-- Returns whether settings are locked, as another connection of this process to the same file may have done.
select current_setting('lock_configuration')

-- name: list_tables
-- Lists every table and view of the database with its schema, except DuckDB's own and temporary ones.
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
-- Locks all settings, also against functions inside a query; this cannot be undone on this database.
set lock_configuration = true

-- name: schema_version
-- Returns the version that the database's schema has reached.
select max(version)
from hub.migrations

-- name: set_version
-- Adds that the schema has reached $version.
insert into hub.migrations
values ($version, now())

-- name: spill_here
-- Sets the folder to which DuckDB writes what does not fit into memory.
set temp_directory = $folder

-- name: use_all_threads
-- Lets DuckDB use one thread per core.
reset threads

-- name: use_one_thread
-- Limits DuckDB to one thread: a page or the look-up of a few rows is too small to split, and fetching needs the other core.
set threads = 1

-- name: use_utc
-- Sets the time zone to UTC, for later connections to the same open file too.
set global timezone = 'UTC'
