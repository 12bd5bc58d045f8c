-- Forgets what is kept of the items of the lent works.
delete from hub.job_items
where key in (select key from lent_work)
