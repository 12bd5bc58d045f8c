-- Returns how many jobs are queued, and how many items they have left as far as anybody knows.
select
    count(*) as jobs,
    coalesce(sum(coalesce(items_total, item_limit) - items_done), 0) as items
from hub.jobs
where
    state = 'queued'
    and ($engine::varchar is null or engine = $engine)
    and ($only::integer[] is null or list_contains($only, number))
