-- name: add_nodes
-- Adds the lent nodes under their numbers.
insert into hub.nodes by name
select
    lent.nid,
    renewed.id,
    renewed.hub_id,
    renewed.status,
    renewed.place,
    hub.letters_of(renewed.id) as letters
from lent_added as lent
inner join renewed using (id)
order by lent.nid

-- name: carried_links
-- Returns what cards declare that were copied with a model as the numbers of child and parent and the order of the relation.
select
    child.nid as child,
    parent.nid as parent,
    cast(list_position(cast($relations as varchar[]), edges.relation) - 1 as utinyint) as relation
from hub.carried_edges() as edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent

-- name: clear_cycle_problems
-- Removes the reports of models that are their own ancestors before they are reported again.
delete from hub.problems
where field = 'lineage.cycle'
    and is_kin(model)

-- name: clear_families
-- Removes the families that are written again.
delete from hub.families
where is_kin(model)

-- name: clear_links
-- Empties the numbered edges before they are written again.
truncate hub.links

-- name: clear_nodes
-- Empties the numbered models before they are numbered again.
truncate hub.nodes

-- name: clear_other_roots
-- Removes the further roots that are written again.
delete from hub.other_roots
where is_kin(model)

-- name: clear_reach
-- Removes the counts of descendants that are written again.
delete from hub.reach
where is_kin(model)

-- name: collect_renewed
-- Collects the models and the parents that were named but never seen among the names that changed and the ends of the edges that are written again, as nodes, with their downloads; those without a record and a child are left out.
create or replace temp table renewed as
with named as (
    select id
    from changed_names
    union
    select id
    from moved
    union
    select parent
    from hub.edges
    where is_linked(child)
),
seen as materialized (
    select
        id,
        hub_id,
        status,
        rowid as place,
        cast(greatest(0, least(coalesce(downloads, 0), 1000000000000)) as bigint) as downloads
    from hub.models
    where id in (
        from named
    )
)
from seen
union all
select
    named.id,
    null,
    coalesce((
        select any_value(gone.status)
        from hub.gone
        where gone.id = named.id
    ), 'missing'),
    null,
    0
from named
where id in (
        select parent
        from hub.edges
    )
    and id not in (
        select id
        from seen
    )

-- name: cycle_problems
-- Reports the models that are each other's ancestors: one row per model, with the group as the value.
insert into hub.problems
with grouped as (
    select
        lent.group_number,
        nodes.hub_id,
        nodes.id
    from lent_cycles as lent
    inner join hub.nodes using (nid)
)
select
    hub_id,
    id,
    'lineage.cycle',
    'is its own ancestor',
    string_agg(id, ' -> ' order by id) over (partition by group_number),
    -1
from grouped

-- name: drop_renewed
-- Drops the nodes that were collected anew.
drop table if exists renewed

-- name: insert_families
-- Writes every model's root, its distance, the size and component of its family, and whether only inferred edges lead there.
insert into hub.families
with others as (
    select
        nid,
        id
    from hub.nodes
    where nid in (
        select root
        from lent_families
        where root <> nid
        union all
        select component
        from lent_families
        where component <> nid
    )
)
select
    nodes.id,
    coalesce(roots.id, nodes.id),
    lent.depth,
    lent.size,
    first.id,
    lent.inferred
from lent_families as lent
inner join hub.nodes
    on nodes.nid = lent.nid
left join others as roots
    on roots.nid = lent.root
    and lent.root <> lent.nid
left join others as first
    on first.nid = lent.component
    and lent.component <> lent.nid
order by lent.nid

-- name: insert_links
-- Writes the edges as the numbers of child and parent, the order of the relation, and how sure they are, sorted by child.
insert into hub.links
select
    child.nid as child,
    parent.nid as parent,
    list_position(cast($relations as varchar[]), edges.relation) - 1 as relation,
    edges.inferred,
    edges.confidence
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
order by
    child,
    parent

-- name: insert_nodes
-- Numbers every model and every parent that was named but never seen, by id; such a parent is missing or what the Hub says.
insert into hub.nodes by name
with known as (
    select
        id,
        hub_id,
        status,
        rowid as place
    from hub.models
    union all
    select
        edges.parent,
        null,
        coalesce(any_value(gone.status), 'missing'),
        null
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
    row_number() over () - 1 as nid,
    id,
    hub_id,
    status,
    place,
    hub.letters_of(id) as letters
from (
    from known
    order by id
)

-- name: insert_other_roots
-- Writes the roots of models besides the nearest, with the distance to each.
insert into hub.other_roots
select
    nodes.id,
    root.id,
    lent.distance,
    lent.inferred
from lent_roots as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root
order by lent.nid

-- name: insert_reach
-- Writes for every model with derivatives how many there are, their downloads with its own, how many are inferred, and how many models of the family whose root it is are in it only by inferred edges.
insert into hub.reach
select
    nodes.id,
    lent.derivatives,
    lent.exposure,
    lent.inferred,
    lent.family_inferred
from lent_reach as lent
inner join hub.nodes
    on nodes.nid = lent.nid
order by lent.nid

-- name: is_moved
-- Returns whether the record of the last of the other nodes stands elsewhere by now: then others may, as DuckDB closes gaps from the front.
with latest as materialized (
    select
        arg_max(id, place) as id,
        max(place) as place
    from hub.nodes
    where id not in (
        select id
        from hub.changed
    )
)
select models.id is distinct from latest.id
from latest
left join hub.models
    on models.rowid = latest.place

-- name: list_downloads
-- Returns the downloads of every model in the order of the numbers, 0 if unknown, at most 10^12.
select cast(greatest(0, least(coalesce(models.downloads, 0), 1000000000000)) as bigint) as downloads
from hub.nodes
left join hub.models
    on models.hub_id = nodes.hub_id
order by nodes.nid

-- name: list_linked
-- Lists the edges that were written again, with the order of the relation.
select
    child,
    parent,
    list_position(cast($relations as varchar[]), relation) - 1 as relation,
    inferred,
    confidence
from hub.edges
where is_linked(child)

-- name: list_renewed
-- Lists the names that changed and the ends of the edges that are written again, with their downloads; null for what is no node.
with named as (
    select id
    from changed_names
    union
    select id
    from moved
    union
    select id
    from renewed
)
select
    named.id,
    renewed.downloads
from named
left join renewed using (id)
order by named.id

-- name: place_nodes
-- Writes where the records of all nodes stand.
update hub.nodes
set place = models.rowid
from hub.models
where models.hub_id = nodes.hub_id
    and models.rowid is distinct from nodes.place

-- name: remove_nodes
-- Removes the nodes with the lent numbers.
delete from hub.nodes
where nid in (
    select nid
    from lent_members
)

-- name: renew_nodes
-- Writes to known nodes what was collected of them, where it differs.
update hub.nodes
set
    hub_id = renewed.hub_id,
    status = renewed.status
from renewed
where renewed.id = nodes.id
    and (
        renewed.hub_id is distinct from nodes.hub_id
        or renewed.status <> nodes.status
    )

-- name: renew_places
-- Writes to known nodes where their records stand, where that differs.
update hub.nodes
set place = renewed.place
from renewed
where renewed.id = nodes.id
    and renewed.place is distinct from nodes.place

-- name: renumber_nodes
-- Gives nodes the lent new numbers.
update hub.nodes
set nid = lent.number
from lent_renumbered as lent
where lent.nid = nodes.nid

-- name: write_links
-- Writes the lent numbered edges.
insert into hub.links by name
from lent_links
order by
    child,
    parent
