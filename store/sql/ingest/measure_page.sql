-- Counts the staged page and its faults, and bounds its records' _id and time of change.
select
    count(*),
    count(id),
    count(distinct hub_id) filter (where id is not null),
    coalesce(sum(len(faults)) filter (where id is not null), 0)::bigint,
    min(hub_id) filter (where not starts_with(hub_id, 'id:')),
    max(hub_id) filter (where not starts_with(hub_id, 'id:')),
    min(last_modified_at),
    max(last_modified_at)
from page_records
