-- Notes how many items of a job are kept, and how many it has.
update hub.jobs
set
    items_done = (select count(*) from hub.job_items where key = $key),
    items_total = coalesce($total, items_total)
where key = $key
