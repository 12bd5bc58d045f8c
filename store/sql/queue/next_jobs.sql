-- Returns so many numbers that no job has or had.
select nextval('hub.job_numbers') as number
from range($count)
order by number
