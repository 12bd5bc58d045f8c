-- Notes which models of the page were gone, and are shown again.
insert into hub.status_changes
select
    models.hub_id,
    page_records.id,
    models.status,
    'present',
    'the Hub shows it again',
    page_facts.crawl,
    page_facts.seen_at
from hub.models
inner join page_records using (hub_id)
cross join page_facts
where models.status in ('deleted', 'private')
    and coalesce(page_records.body ->> '$.private', 'false') <> 'true'
