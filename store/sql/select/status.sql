-- Returns the numbers of the models and missing parents of a status.
select nid
from hub.nodes
where status = $value
