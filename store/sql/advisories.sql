-- name: add_advisories
-- Adds the lent advisories.
insert into hub.advisories
select
    id,
    cast(cast(modified_at as varchar) as timestamptz),
    cast(cast(published_at as varchar) as timestamptz),
    cast(cast(withdrawn_at as varchar) as timestamptz),
    cast(summary as varchar),
    cast(severity as varchar),
    body,
    $stored_at
from lent_advisories
order by id

-- name: add_affected
-- Adds the models that the lent advisories name.
insert into hub.affected
select
    advisory,
    model,
    cast(cast(cast(commits as varchar) as json) as varchar[]),
    cast(is_exact as boolean)
from lent_affected
order by
    advisory,
    model

-- name: carried_above
-- Returns what cards declare that were copied with a lent model, as the numbers of child and parent, with the relation.
with copies as materialized (
    select
        evidence.child,
        evidence.parent,
        evidence.carried_over_from,
        nodes.nid
    from hub.evidence
    inner join hub.nodes
        on nodes.id = evidence.child
    inner join lent_members as lent
        on lent.nid = nodes.nid
    where evidence.carried_over_from is not null
)
select distinct
    copies.nid as child,
    parent.nid as parent,
    edges.relation
from copies
inner join hub.edges
    on edges.child = copies.child
    and edges.parent = copies.carried_over_from
    and edges.inferred
inner join hub.nodes as parent
    on parent.id = copies.parent
order by
    copies.nid,
    parent.nid

-- name: clear_advisories
-- Removes the advisories of the lent ids.
delete from hub.advisories
where id in (
    select id
    from lent_advisories
)

-- name: clear_affected
-- Removes the models that the advisories of the lent ids name.
delete from hub.affected
where advisory in (
    select id
    from lent_advisories
)

-- name: find_names
-- Returns, for the lent names that no model has, the id that each leads to: of a renamed model, of one in other capitals, or of one with a bare name from before 2022; with $is_derived the numbered models are all there are.
with asked as materialized (
    select distinct
        cast(model as varchar) as name,
        lower(cast(model as varchar)) as small
    from lent_asked_names
),
found as (
    select
        asked.name,
        aliases.id,
        2 as position
    from asked
    inner join aliases
        on aliases.alias = asked.name
    union all
    select
        asked.name,
        nodes.id,
        3
    from asked
    inner join hub.nodes
        on lower(nodes.id) = asked.small
    union all
    select
        asked.name,
        models.id,
        3
    from asked
    inner join hub.models
        on lower(models.id) = asked.small
    where not $is_derived
    union all
    select
        asked.name,
        resolutions.parent,
        if(resolutions.named = asked.name, 4, 5)
    from asked
    inner join hub.resolutions
        on lower(resolutions.named) = asked.small
        and resolutions.resolution = 'legacy'
)
select
    name,
    arg_min(id, (position, id)) as id
from found
group by name

-- name: inferred_above
-- Returns the inferred edges up from the lent models, as the numbers of child and parent.
select
    child,
    parent
from hub.links
where inferred
    and child in (
        select nid
        from lent_members
    )

-- name: list_advisories
-- Lists the advisories, latest change first, or only the one of the id $id.
select
    id,
    summary,
    severity,
    models,
    modified_at,
    published_at,
    withdrawn_at
from advisories
where $id is null
    or id = $id
order by
    modified_at desc,
    id

-- name: list_affected
-- Lists each model that an advisory names, with what an answer tells of the advisory.
select
    affected.advisory,
    affected.model,
    affected.commits,
    affected.is_exact,
    advisories.summary,
    advisories.severity,
    advisories.modified_at,
    advisories.withdrawn_at
from hub.affected
inner join hub.advisories
    on advisories.id = affected.advisory
order by
    affected.advisory,
    affected.model

-- name: records
-- Returns the records of the advisories of $ids as they were read, of all if it is null, in the order of their ids.
select
    id,
    body
from hub.advisories
where $ids is null
    or list_contains(cast($ids as varchar[]), id)
order by id

-- name: stored
-- Returns when each stored advisory was changed last, as it says.
select
    id,
    modified_at
from hub.advisories
