-- Reports the fields of the page's records that are not of their type, with the value as it was written.
insert into hub.problems
with shapes as (
    select distinct
        shape,
        starts_with(hub_id, 'id:') as is_unnumbered
    from page_records
),
faults as (
    select
        shape,
        is_unnumbered,
        unnest(list_filter([
            case when is_unnumbered then '_id: missing or not text; filed under its name' end,
            case when shape[1] not in ('ARRAY', 'NULL') then 'tags: not a list' end,
            case when shape[2] not in ('OBJECT', 'NULL') then 'cardData: not an object' end,
            case when shape[3] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.language: not text or a list' end,
            case when shape[4] not in ('VARCHAR', 'NULL') then 'createdAt: not a time' end,
            case when shape[5] not in ('VARCHAR', 'NULL') then 'lastModified: not a time' end,
            case when shape[6] not in ('UBIGINT', 'BIGINT', 'NULL') then 'downloads: not a whole number' end,
            case when shape[7] not in ('UBIGINT', 'BIGINT', 'NULL') then 'likes: not a whole number' end,
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
            case when shape[16] not in ('BOOLEAN', 'NULL') then 'private: neither true nor false' end
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
from page_records
inner join faults
    on faults.shape = page_records.shape
    and faults.is_unnumbered = starts_with(page_records.hub_id, 'id:')
cross join page_facts
