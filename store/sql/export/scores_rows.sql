-- Returns the table of scores as it is.
from export_scores
