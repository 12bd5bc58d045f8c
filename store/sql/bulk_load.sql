-- name: allow_one_path
-- Sets the one file that stays readable when all other access is forbidden.
set allowed_paths = [$path]

-- name: parquet_newest
-- Returns the greatest `_id` in a snapshot's parquet that has the Hub's form.
select max(_id)
from read_parquet($path)
where regexp_full_match(_id, '[0-9a-f]{24}')

-- name: parquet_records
-- Returns the rows of a snapshot's parquet as records of the Hub, with columns of JSON text as JSON.
with packed as (
    select to_json(snapshot) as record
    from read_parquet($path) as snapshot
)
select json_merge_patch(record, json_object(
    'cardData', case when json_type(record, '$.cardData') = 'VARCHAR'
        then coalesce(try_cast(record ->> '$.cardData' as json), record -> '$.cardData')
        else record -> '$.cardData' end,
    'baseModels', case when json_type(record, '$.baseModels') = 'VARCHAR'
        then coalesce(try_cast(record ->> '$.baseModels' as json), record -> '$.baseModels')
        else record -> '$.baseModels' end,
    'config', case when json_type(record, '$.config') = 'VARCHAR'
        then coalesce(try_cast(record ->> '$.config' as json), record -> '$.config')
        else record -> '$.config' end,
    'safetensors', case when json_type(record, '$.safetensors') = 'VARCHAR'
        then coalesce(try_cast(record ->> '$.safetensors' as json), record -> '$.safetensors')
        else record -> '$.safetensors' end,
    'gguf', case when json_type(record, '$.gguf') = 'VARCHAR'
        then coalesce(try_cast(record ->> '$.gguf' as json), record -> '$.gguf')
        else record -> '$.gguf' end
))
from packed

-- name: tabular
-- Returns the rows of one parquet file as they are, in the file's order.
select *
from read_parquet($path, hive_partitioning = false)

-- name: without_replies
-- Returns the rows of one parquet file as they are, in the file's order, without the column of what models replied.
select columns(lambda c: c <> 'response_content')
from read_parquet($path, hive_partitioning = false)
