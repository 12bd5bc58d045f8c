-- Reports the records that a later one of the page displaces although nothing says that both are one model.
insert into hub.problems
with doubles as (
    select
        hub_id,
        id,
        body,
        lead(id) over by_hub_id as later_id,
        lead(body) over by_hub_id as later_body
    from page_records
    window by_hub_id as (
        partition by hub_id
        order by rowid
    )
)
select
    null,
    id,
    'record',
    'left out: a later record of the page has its _id, or its name and no sound _id either',
    cast(body as varchar)[1:2000],
    page_facts.crawl
from doubles
cross join page_facts
where (
        id <> later_id
        or (starts_with(hub_id, 'id:') and body <> later_body)
    )
    and not exists (
        select 1
        from hub.problems
        where problems.model = doubles.id
            and problems.value = cast(doubles.body as varchar)[1:2000]
    )
