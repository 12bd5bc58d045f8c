-- Returns the numbers of the models that have a score here, or whose record reports a result.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where reported_results > 0
) as scored using (hub_id)
union
select nid
from hub.standing
