-- Numbers every model and every parent that was named but never seen, as missing or what the Hub says, by id.
insert into hub.nodes
with known as (
    select
        id,
        hub_id,
        status
    from hub.models
    union all
    select
        edges.parent,
        null,
        coalesce(any_value(gone.status), 'missing')
    from hub.edges
    left join hub.gone
        on gone.id = edges.parent
    where not exists (
        select 1
        from hub.models
        where models.id = edges.parent
    )
    group by edges.parent
)
select
    row_number() over (order by id) - 1,
    id,
    hub_id,
    status
from known
