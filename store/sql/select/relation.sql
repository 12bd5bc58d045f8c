-- Returns the numbers of the derivatives that were made in a way; with $declared_only no inferred edge counts.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.edges
    where relation = $value
        and not ($declared_only and inferred)
) as listed using (id)
