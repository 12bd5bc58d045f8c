-- Returns how many items the running attempt at a job gave.
select items
from hub.attempts
where
    job = $number
    and outcome = 'running'
