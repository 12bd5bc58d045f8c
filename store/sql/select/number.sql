-- Returns the number of the model of exactly this id.
select nid
from hub.nodes
where id = $id
