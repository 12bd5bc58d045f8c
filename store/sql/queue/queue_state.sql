-- Returns whether the queue is paused, and whether drift follows from all scores that it brought.
select
    is_paused,
    is_drift_current
from hub.queue
