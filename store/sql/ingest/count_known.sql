-- Counts the known repositories of a page: all, those seen later than this page, those known in more detail.
select
    count(*),
    count(*) filter (where models.last_seen_at > page_facts.seen_at),
    count(*) filter (where models.detail > page_facts.detail)
from hub.models
cross join page_facts
where hub_id in (
    select hub_id
    from page_records
)
