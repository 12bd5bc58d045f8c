-- Reports the fields of the page's records that are not of their type, with the value as it was written.
insert into hub.problems
with typed as (
    select
        hub_id,
        id,
        body,
        json_type(body, [
            '$.tags', '$.cardData', '$.cardData.language', '$.createdAt', '$.lastModified', '$.downloads', '$.likes',
            '$.baseModels', '$.childrenModelCount', '$.config', '$.safetensors', '$.safetensors.parameters',
            '$.evalResults', '$.sha', '$.gated', '$.private'
        ]) as type,
        starts_with(hub_id, 'id:') as is_unnumbered
    from page_records
),
shapes as (
    select distinct
        type,
        is_unnumbered
    from typed
),
faults as (
    select
        type,
        is_unnumbered,
        unnest(list_filter([
            case when is_unnumbered then '_id: missing or not text; filed under its name' end,
            case when type[1] not in ('ARRAY', 'NULL') then 'tags: not a list' end,
            case when type[2] not in ('OBJECT', 'NULL') then 'cardData: not an object' end,
            case when type[3] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.language: not text or a list' end,
            case when type[4] not in ('VARCHAR', 'NULL') then 'createdAt: not a time' end,
            case when type[5] not in ('VARCHAR', 'NULL') then 'lastModified: not a time' end,
            case when type[6] not in ('UBIGINT', 'BIGINT', 'NULL') then 'downloads: not a whole number' end,
            case when type[7] not in ('UBIGINT', 'BIGINT', 'NULL') then 'likes: not a whole number' end,
            case when type[8] not in ('OBJECT', 'NULL') then 'baseModels: not an object' end,
            case when type[9] not in ('OBJECT', 'NULL') then 'childrenModelCount: not an object' end,
            case when type[10] not in ('OBJECT', 'NULL') then 'config: not an object' end,
            case
                when type[11] <> 'NULL' and coalesce(type[12], 'NULL') <> 'OBJECT'
                    then 'safetensors: no numbers of parameters'
            end,
            case when type[13] not in ('ARRAY', 'NULL') then 'evalResults: not a list' end,
            case when type[14] not in ('VARCHAR', 'NULL') then 'sha: not text' end,
            case when type[15] not in ('BOOLEAN', 'VARCHAR', 'NULL') then 'gated: not false, auto or manual' end,
            case when type[16] not in ('BOOLEAN', 'NULL') then 'private: neither true nor false' end
        ], lambda fault: fault is not null)) as fault
    from shapes
)
select
    hub_id,
    id,
    'record.' || split_part(fault, ': ', 1),
    split_part(fault, ': ', 2),
    cast(json_extract(body, '$.' || split_part(fault, ': ', 1)) as varchar)[1:2000],
    page_facts.crawl
from typed
inner join faults using (type, is_unnumbered)
cross join page_facts
