-- Returns the downloads of every model in the order of the numbers, 0 where unknown, at most a million million.
select cast(greatest(0, least(coalesce(models.downloads, 0), 1000000000000)) as bigint) as downloads
from hub.nodes
left join hub.models
    on models.hub_id = nodes.hub_id
order by nodes.nid
