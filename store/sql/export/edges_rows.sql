-- Returns the table of edges as it is.
from export_edges
