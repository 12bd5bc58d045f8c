-- Returns the numbers of all models and missing parents.
select nid
from hub.nodes
