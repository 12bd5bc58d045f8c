-- Returns how many bytes each id has, in the order of their numbers.
select strlen(id) as size_bytes
from hub.nodes
order by nid
