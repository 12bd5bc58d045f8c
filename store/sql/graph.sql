-- name: count_nodes
-- Counts the numbered models.
select count(*)
from hub.nodes

-- name: edge_facts
-- Returns the edges with both ends among the models whose numbers are lent, with what decided each.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    edges.declared_as
from hub.edges
inner join members as child
    on child.id = edges.child
inner join members as parent
    on parent.id = edges.parent
order by
    child.nid,
    parent.nid

-- name: fingerprint
-- Returns what names the numbered models and edges as they were last derived, or nothing where they never were.
select value
from hub.derived
where name = 'arrays'

-- name: id_lengths
-- Returns how many bytes each id has, in the order of their numbers.
select strlen(id) as size_bytes
from hub.nodes
order by nid

-- name: ids
-- Returns all ids written one after another, in the order of their numbers.
select string_agg(id, '' order by nid)
from hub.nodes

-- name: links
-- Returns the edges as the numbers of child and parent and the order of the relation.
select
    child,
    parent,
    relation
from hub.links

-- name: models
-- Returns id, status, descendants, exposure and domains of the models whose numbers are lent.
with members as (
    select
        nodes.nid,
        nodes.id,
        nodes.status
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    members.id,
    members.status,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, 0) as exposure,
    (
        select coalesce(list(distinct domains.domain order by domains.domain), [])
        from hub.domains
        where domains.model = members.id
    ) as domains
from members
left join hub.reach
    on reach.model = members.id
order by members.nid

-- name: names
-- Lists the ids of the models whose numbers are lent.
select
    nodes.nid,
    nodes.id
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid

-- name: node_facts
-- Returns what is known of the models whose numbers are lent: id, status, author, time, library, licence, figures, domains.
with topics as (
    select
        domains.model as id,
        list(distinct domains.domain order by domains.domain) as domains
    from hub.domains
    group by domains.model
)
select
    nodes.id,
    nodes.status,
    models.author,
    models.created_at,
    models.library,
    models.license,
    models.downloads,
    models.likes,
    coalesce(topics.domains, []) as domains
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid
left join hub.models
    on models.hub_id = nodes.hub_id
left join topics
    on topics.id = nodes.id
order by nodes.nid
