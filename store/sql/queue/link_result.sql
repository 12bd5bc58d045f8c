-- Writes of the job of an exact copy what its score says.
update hub.jobs
set
    value = scores.value,
    run = scores.run,
    items_done = coalesce(scores.items, 0),
    items_total = scores.items
from hub.scores
where
    jobs.number = $job
    and scores.number = $number
