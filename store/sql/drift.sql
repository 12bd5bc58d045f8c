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

-- name: insert_drift
-- Writes the lent rows of drift.
insert into hub.drift by name
from lent_drift

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
