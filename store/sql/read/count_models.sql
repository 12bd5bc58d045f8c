-- Counts the stored models.
select count(*)
from hub.models
