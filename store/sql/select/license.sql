-- Returns the numbers of the models under a licence, by the Hub's name of it.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where lower(license) = lower($value)
) as listed using (hub_id)
