-- Returns when everything derived was last computed, or nothing where records have come since.
select derived_at
from hub.derived
where name = 'graph'
