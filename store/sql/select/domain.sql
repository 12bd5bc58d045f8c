-- Returns the numbers of the models of a domain, by their own signs or inherited.
select nodes.nid
from hub.nodes
semi join (
    select model as id
    from hub.domains
    where domain = $value
) as listed using (id)
