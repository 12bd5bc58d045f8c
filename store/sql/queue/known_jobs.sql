-- Returns which of the lent works are in the queue already, each with its number, its state and whether a person cancelled it.
select
    key,
    number,
    state,
    error is not null as is_cancelled
from hub.jobs
semi join lent_work using (key)
