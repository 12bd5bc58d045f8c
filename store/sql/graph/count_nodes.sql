-- Counts the numbered models.
select count(*)
from hub.nodes
