-- Counts the staged page and its known repositories, and bounds its records' _id and time of change.
with known as (
    select
        count(*) as models,
        count(*) filter (where models.last_seen_at > page_facts.seen_at) as newer,
        count(*) filter (where models.detail > page_facts.detail) as richer
    from hub.models
    cross join page_facts
    where hub_id in (
        select hub_id
        from page_records
    )
)
select
    count(*),
    count(id),
    count(distinct hub_id) filter (where id is not null),
    (select models from known),
    (select newer from known),
    (select richer from known),
    min(hub_id) filter (where not starts_with(hub_id, 'id:')),
    max(hub_id) filter (where not starts_with(hub_id, 'id:')),
    min(last_modified_at),
    max(last_modified_at)
from page_records
