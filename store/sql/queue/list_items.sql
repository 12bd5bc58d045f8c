-- Returns what is kept of the items of a job, in the order of their names.
select
    item,
    value,
    cluster,
    reply_length
from hub.job_items
where key = $key
order by item
