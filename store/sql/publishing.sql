-- name: choose_table
-- Names the table that the next statements write.
set variable published_table = $table

-- name: columns_of
-- Lists the columns of a parquet file with their types.
select
    column_name,
    column_type
from (
    describe from read_parquet($path)
)

-- name: domains_written
-- Writes the view of domains in an order of its own, so that equal content gives equal files.
copy (
    from domains
    order by all
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: evidence_written
-- Writes the view of evidence in an order of its own, so that equal content gives equal files.
copy (
    from evidence
    order by all
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: files_written
-- Writes the files that were fetched, without READMEs and without those of models behind a gate.
copy (
    select *
    from hub.files
    where path != 'README.md'
        and model not in (
            select id
            from hub.models
            where hub.is_gated(gated)
        )
    order by
        model,
        path
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: history_written
-- Writes the former records, without those of when a model was private.
copy (
    select *
    from hub.history
    where json_extract_string(body, '$.private') is distinct from 'true'
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: mark
-- Marks the database as one that was published by others, with what is known of it.
insert into hub.derived
values ('published', $facts, $pulled_at)

-- name: place_nodes
-- Notes in which row of `hub.models` each record lies now.
update hub.nodes
set place = models.rowid
from hub.models
where models.hub_id = nodes.hub_id
    and nodes.place is distinct from models.rowid

-- name: private_models
-- Lists the first models that are private, as the Hub said to whoever crawled with a token.
select id
from hub.models
where json_extract_string(body, '$.private') = 'true'
order by id
limit 4

-- name: rows_in
-- Returns how many rows a parquet file has.
select num_rows
from parquet_file_metadata($path)

-- name: states_written
-- Writes how far the derived tables follow from the records, without what a snapshot or a published copy says of itself.
copy (
    select *
    from hub.derived
    where name not in ('snapshot', 'published')
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: table_written
-- Writes the chosen table to a parquet file.
copy (
    from query_table(coalesce(getvariable('published_table'), 'hub.models'))
) to $path (format parquet, compression zstd, use_tmp_file false)

-- name: terms
-- Lists the instruments of scores with the terms of their data sets.
select distinct
    name,
    licence,
    gated
from hub.instruments
where number in (
    select instrument
    from hub.scores
)
order by name, licence, gated
