-- Counts the edges among the chosen models.
select count(*)
from export_edges
