-- Reports the page's elements that are not records or carry no id: nothing else could be kept of them.
insert into hub.problems
select
    null,
    null,
    'record',
    case
        when json_type(body) <> 'OBJECT' then 'not an object'
        else 'no id'
    end,
    cast(body as varchar)[1:2000],
    page_facts.crawl
from page_records
cross join page_facts
where id is null
    and not exists (
        select 1
        from hub.problems
        where problems.model is null
            and problems.value = cast(page_records.body as varchar)[1:2000]
    )
