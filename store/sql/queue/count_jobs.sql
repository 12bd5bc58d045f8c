-- Counts jobs by state.
select
    state,
    count(*) as jobs
from hub.jobs
group by state
