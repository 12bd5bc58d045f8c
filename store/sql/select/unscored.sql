-- Returns the numbers of the models whose record reports no result, or with $is_so false some.
select nodes.nid
from hub.nodes
left join hub.models using (hub_id)
where (coalesce(models.reported_results, 0) = 0) = $is_so
