-- Returns the table of drift as it is.
from export_drift
