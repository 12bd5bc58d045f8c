-- Returns all ids written one after another, in the order of their numbers.
select string_agg(id, '' order by nid)
from hub.nodes
