-- Returns the edges below a model, at most $depth generations down, with what is shown of the child.
with recursive reached as (
    select
        $id as id,
        0 as depth
    union
    select
        edges.child,
        reached.depth + 1
    from reached
    inner join hub.edges
        on edges.parent = reached.id
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
    on edges.parent = nearest.id
where nearest.depth < $depth
order by
    edges.parent,
    edges.child
