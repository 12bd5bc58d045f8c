-- Returns the numbers of the models that declare a parent, be it here or not.
select nodes.nid
from hub.nodes
semi join (
    select child as id
    from hub.edges
    where not inferred
) as declared using (id)
