-- Returns the numbers of the models of a library.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where lower(library) = lower($value)
) as listed using (hub_id)
