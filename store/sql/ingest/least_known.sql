-- Returns the least _id that is stored.
select min(hub_id)
from hub.models
