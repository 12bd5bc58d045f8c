-- Returns the table of models as it is.
from export_models
