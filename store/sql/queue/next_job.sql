-- Returns the first number that no job has or had.
select greatest(coalesce(max(number), 0), (select coalesce(max(job), 0) from hub.attempts)) + 1
from hub.jobs
