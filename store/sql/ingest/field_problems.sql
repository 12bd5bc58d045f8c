-- Reports the faults of the page's records, each with the value as it was written.
insert into hub.problems
with faulty as (
    select
        hub_id,
        id,
        body,
        unnest(faults) as fault
    from page_records
    where id is not null
)
select
    hub_id,
    id,
    'record.' || split_part(fault, ': ', 1),
    split_part(fault, ': ', 2),
    cast(json_extract(body, '$.' || split_part(fault, ': ', 1)) as varchar)[1:2000],
    page_facts.crawl
from faulty
cross join page_facts
