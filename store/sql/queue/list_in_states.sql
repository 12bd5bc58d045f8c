-- Returns the jobs that are in some states.
select
    number,
    key
from hub.jobs
where list_contains($states, state)
