-- Returns the edges above a model, at most $depth generations up.
with recursive reached as (
    select
        $id as id,
        0 as depth
    union
    select
        edges.parent,
        reached.depth + 1
    from reached
    inner join hub.edges
        on edges.child = reached.id
    where reached.depth < $depth
),
nearest as (
    select
        id,
        min(depth) as depth
    from reached
    group by id
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.inferred,
    edges.confidence
from nearest
inner join hub.edges
    on edges.child = nearest.id
where nearest.depth < $depth
order by
    edges.parent,
    edges.child
