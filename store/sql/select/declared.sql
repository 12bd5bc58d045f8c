-- Returns the numbers of the models with a known parent.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.edges
) as declared using (id)
