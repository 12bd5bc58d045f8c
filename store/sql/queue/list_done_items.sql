-- Returns the names of the items of a job whose results are kept.
select item
from hub.job_items
where key = $key
