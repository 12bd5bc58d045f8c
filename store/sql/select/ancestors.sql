-- Returns the numbers of what the lent models were made of, at most $generations up, null for all; with $declared_only no inferred edge counts.
with recursive reached as (
    select
        nodes.id,
        0 as generation
    from hub.nodes
    semi join lent_starts using (nid)
    union
    select
        edges.parent,
        case when $generations is null then 0 else reached.generation + 1 end
    from reached
    inner join hub.edges
        on edges.child = reached.id
    where ($generations is null or reached.generation < $generations)
        and not ($declared_only and edges.inferred)
)
select nodes.nid
from hub.nodes
semi join reached using (id)
