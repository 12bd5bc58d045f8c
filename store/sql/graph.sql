-- name: count_nodes
-- Counts the numbered models.
select count(*)
from hub.nodes

-- name: fingerprint
-- Returns the fingerprint of the numbered models and edges as last derived; no row if they never were.
select value
from hub.derived
where name = 'arrays'

-- name: id_lengths
-- Returns how many bytes each id has, in the order of their numbers.
select strlen(id) as size_bytes
from hub.nodes
order by nid

-- name: ids
-- Returns the ids with numbers from $first up to, but without, $last, written one after another in their order.
select string_agg(id, '' order by nid)
from hub.nodes
where nid >= $first
    and nid < $last

-- name: links
-- Returns the edges as the numbers of child and parent, the order of the relation, and how sure they are.
select
    child,
    parent,
    relation,
    inferred,
    confidence
from hub.links

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
