-- Returns the id of the model that a name leads to: its own, a former name, or the name in other capitals.
select id
from (
    select
        id,
        1 as position
    from models
    where id = $name
        and status <> 'renamed'
    union all
    select
        id,
        2
    from aliases
    where alias = $name
    union all
    select
        id,
        3
    from models
    where lower(id) = lower($name)
        and status <> 'renamed'
)
order by
    position,
    id
limit 1
