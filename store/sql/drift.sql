-- name: clear_drift
-- Empties the drift.
truncate hub.drift

-- name: domains
-- Returns the domains of every scored model that an analyst would list, own and inherited.
select
    model,
    list_sort(list_distinct(list(domain))) as domains
from hub.domains
semi join hub.scored_names
    on scored_names.id = domains.model
where confidence >= $confidence
group by model

-- name: forget_drift
-- Deletes the verdicts on the models with the numbers $named in the scored names, and on all that descends from them.
delete from hub.drift
where hub.repository_of(model) in (
    with recursive moved as (
        select nodes.id as model
        from hub.nodes
        inner join hub.scored_names
            on lower(scored_names.repository) = lower(nodes.id)
            or scored_names.id = nodes.id
        where list_contains($named, scored_names.number)
        union
        select edges.child as model
        from hub.edges
        inner join moved
            on moved.model = edges.parent
    )
    select model
    from moved
)

-- name: insert_drift
-- Writes the lent rows of drift.
insert into hub.drift by name
from lent_drift

-- name: is_current
-- Returns whether the verdicts follow from all scores that are here.
select is_drift_current
from hub.queue

-- name: items
-- Returns the common items of two scores by name: both values and the cluster, which is the item itself if it has none.
select
    item,
    derivative.value as derivative,
    reference.value as reference,
    coalesce(derivative.cluster, reference.cluster, item) as clusters
from hub.items as derivative
inner join hub.items as reference using (item)
where derivative.score = $derivative
    and reference.score = $reference
order by item

-- name: node_domains
-- Returns the surest domain of every node that has one, as its place in $domains.
select
    nodes.nid as node,
    list_position($domains, arg_max(domains.domain, domains.confidence)) - 1 as domain
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.confidence >= $confidence
group by nodes.nid

-- name: told_models
-- Returns the models that have a verdict.
select distinct model
from hub.drift
