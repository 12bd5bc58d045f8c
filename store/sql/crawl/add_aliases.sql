-- Adds the names by which models were asked for, where those are not their present ids.
insert into hub.aliases
with asked as (
    select
        alias,
        try_cast(body as json) ->> '$._id' as hub_id,
        try_cast(body as json) ->> '$.id' as id
    from lent_names
)
select
    alias,
    hub_id,
    'redirect',
    $now,
    $now
from asked
where alias <> id
    and hub_id is not null
    and not exists (
        select 1
        from hub.aliases
        where aliases.alias = asked.alias
            and aliases.hub_id = asked.hub_id
    )
