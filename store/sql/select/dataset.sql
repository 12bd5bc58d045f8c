-- Returns the numbers of the models that name a data set, in any capitals, with or without its organisation.
with asked as (
    select lower($value) as name
),
named as (
    select
        lower(dataset) as name,
        count(*) as models
    from hub.trained_on
    where lower(split_part(dataset, '/', -1)) = (
        select split_part(name, '/', -1)
        from asked
    )
    group by 1
),
owner as (
    select name
    from named
    where contains(name, '/')
    qualify models > sum(models) over () / 2
),
wanted as (
    select name
    from asked
    union
    select split_part(name, '/', -1)
    from asked
    semi join owner using (name)
    union
    select owner.name
    from owner
    inner join asked
        on asked.name = split_part(owner.name, '/', -1)
)
select nodes.nid
from hub.nodes
semi join (
    select trained_on.model as id
    from hub.trained_on
    inner join wanted
        on wanted.name = lower(trained_on.dataset)
) as listed using (id)
