-- Returns the numbers of the derivatives that were made in a way.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.edges
    where relation = $value
) as listed using (id)
