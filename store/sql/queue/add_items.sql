-- Keeps the lent results of items of a job, but those that are kept already; returns the new ones.
insert into hub.job_items
select distinct on (item)
    $key as key,
    item,
    value,
    cluster,
    nullif(reply_length, -1) as reply_length
from lent_items
anti join (
    select item
    from hub.job_items
    where key = $key
) using (item)
returning item
