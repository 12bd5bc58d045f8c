-- name: dataset
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

-- name: declared
-- Returns the numbers of the models that declare a parent, stored or not.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.declared_edges()
) as declared using (id)

-- name: domain
-- Returns the numbers of the models of a domain with a confidence of $least or more, by their own signs or inherited.
select nodes.nid
from hub.nodes
semi join (
    select model as id
    from hub.domains
    where domain = $domain
        and confidence >= $least
) as listed using (id)

-- name: lend_none
-- Lends no numbers of models, where a statement asks for the selected ones and none was named.
create or replace temp view lent_selected as
select cast(null as integer) as nid
where false

-- name: library
-- Returns the numbers of the models of a library.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where lower(library) = lower($value)
) as listed using (hub_id)

-- name: license
-- Returns the numbers of the models under a licence, by the Hub's name of it.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where lower(license) = lower($value)
) as listed using (hub_id)

-- name: number
-- Returns the number of the model of exactly this id.
select nid
from hub.nodes
where id = $id

-- name: org
-- Returns the numbers of the models of a user or organisation, missing ones too.
select nid
from hub.nodes
where contains(id, '/')
    and lower(split_part(id, '/', 1)) = lower($value)

-- name: relation
-- Returns the numbers of the derivatives with a relation; with $declared_only inferred edges do not count.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.edges
    where relation = $value
        and not $declared_only
    union all
    select child
    from hub.declared_edges()
    where relation = $value
        and $declared_only
) as listed using (id)

-- name: scored
-- Returns the numbers of the models that have a score here, or whose record reports a result.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where reported_results > 0
) as scored using (hub_id)
union
select nid
from hub.standing
where variant = ''

-- name: status
-- Returns the numbers of the models and missing parents of a status.
select nid
from hub.nodes
where status = $value

-- name: tag
-- Returns the numbers of the models that carry a tag.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where list_contains(list_transform(tags, lambda tag: lower(tag)), lower($value))
) as listed using (hub_id)

-- name: take_back_none
-- Takes back what `select/lend_none` lent.
drop view lent_selected
