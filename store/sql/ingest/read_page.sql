-- Stages every element of the page in the spool file, a JSON array; what is no record, or has no id, has none here.
insert into page_records by name
with parsed as (
    select
        json as body,
        json_type(json, [
            '$.tags', '$.cardData', '$.cardData.language', '$.createdAt', '$.lastModified', '$.downloads', '$.likes',
            '$.baseModels', '$.childrenModelCount', '$.config', '$.safetensors', '$.safetensors.parameters',
            '$.evalResults', '$.sha', '$.gated', '$.private'
        ]) as shape,
        unnest(json_transform(json, '{
            "_id": "JSON", "id": "JSON", "sha": "JSON", "cardData": "JSON", "lastModified": "VARCHAR"
        }'))
    from read_json_objects(getvariable('page_path'), format = 'array', maximum_object_size = 67108864)
)
select
    case when starts_with(_id, '"') and _id <> '""' then _id ->> '$' else 'id:' || (id ->> '$') end as hub_id,
    case when starts_with(id, '"') and id <> '""' then id ->> '$' end as id,
    case when starts_with(sha, '"') then sha[2:-2] end as sha,
    md5(cardData) as card_hash,
    try_cast(lastModified as timestamptz) as last_modified_at,
    shape,
    body
from parsed
