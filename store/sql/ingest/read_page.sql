-- Stages every element of the page in the spool file, a JSON array; what is no record, or has no id, has none here.
insert into page_records by name
with parsed as (
    select
        json as body,
        json_type(json, [
            '$.tags', '$.cardData', '$.cardData.language', '$.createdAt', '$.lastModified', '$.downloads', '$.likes',
            '$.baseModels', '$.childrenModelCount', '$.config', '$.safetensors', '$.safetensors.parameters',
            '$.evalResults', '$.sha', '$.gated', '$.private', '$.author', '$.pipeline_tag', '$.library_name',
            '$.downloadsAllTime'
        ]) as shape,
        unnest(json_transform(json, '{
            "_id": "JSON", "id": "JSON", "sha": "JSON", "cardData": "JSON", "lastModified": "VARCHAR", "createdAt": "VARCHAR"
        }'))
    from read_json_objects(getvariable('page_path'), format = 'array', maximum_object_size = 67108864)
)
select
    case
        when starts_with(_id, '"') and regexp_full_match(_id ->> '$', '[0-9a-f]{24}') then _id ->> '$'
        else 'id:' || (id ->> '$')
    end as hub_id,
    case when starts_with(id, '"') and id <> '""' then id ->> '$' end as id,
    case when starts_with(sha, '"') then sha[2:-2] end as sha,
    md5(cardData) as card_hash,
    try_cast(lastModified as timestamptz) as last_modified_at,
    list_filter([
        case
            when _id is null or not starts_with(_id, '"') or not regexp_full_match(_id ->> '$', '[0-9a-f]{24}')
                then '_id: missing or not 24 hexadecimal digits; filed under its name'
        end,
        case when shape[1] not in ('ARRAY', 'NULL') then 'tags: not a list' end,
        case when shape[2] not in ('OBJECT', 'NULL') then 'cardData: not an object' end,
        case when shape[3] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.language: not text or a list' end,
        case
            when createdAt is not null and (shape[4] <> 'VARCHAR' or try_cast(createdAt as timestamptz) is null)
                then 'createdAt: not a time'
        end,
        case
            when lastModified is not null and (shape[5] <> 'VARCHAR' or try_cast(lastModified as timestamptz) is null)
                then 'lastModified: not a time'
        end,
        case when shape[6] not in ('UBIGINT', 'NULL') then 'downloads: not a whole number' end,
        case when shape[7] not in ('UBIGINT', 'NULL') then 'likes: not a whole number' end,
        case when shape[8] not in ('OBJECT', 'NULL') then 'baseModels: not an object' end,
        case when shape[9] not in ('OBJECT', 'NULL') then 'childrenModelCount: not an object' end,
        case when shape[10] not in ('OBJECT', 'NULL') then 'config: not an object' end,
        case
            when shape[11] <> 'NULL' and coalesce(shape[12], 'NULL') <> 'OBJECT'
                then 'safetensors: no numbers of parameters'
        end,
        case when shape[13] not in ('ARRAY', 'NULL') then 'evalResults: not a list' end,
        case when shape[14] not in ('VARCHAR', 'NULL') then 'sha: not text' end,
        case when shape[15] not in ('BOOLEAN', 'VARCHAR', 'NULL') then 'gated: not false, auto or manual' end,
        case when shape[16] not in ('BOOLEAN', 'NULL') then 'private: neither true nor false' end,
        case when shape[17] not in ('VARCHAR', 'NULL') then 'author: not text' end,
        case when shape[18] not in ('VARCHAR', 'NULL') then 'pipeline_tag: not text' end,
        case when shape[19] not in ('VARCHAR', 'NULL') then 'library_name: not text' end,
        case when shape[20] not in ('UBIGINT', 'NULL') then 'downloadsAllTime: not a whole number' end
    ], lambda fault: fault is not null) as faults,
    body
from parsed
