-- Reports one change that a record needed before it could be stored, unless the record was left out or is said already.
insert into hub.problems
select
    $hub_id,
    $model,
    $field,
    $problem,
    $value,
    page_facts.crawl
from page_facts
where (
        $hub_id is null
        or $hub_id in (
            select hub_id
            from page_records
        )
    )
    and not exists (
        select 1
        from hub.problems
        where problems.hub_id is not distinct from $hub_id
            and problems.field = $field
            and problems.value is not distinct from $value
    )
