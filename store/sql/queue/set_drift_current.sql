-- Notes whether drift follows from all scores that the queue brought.
update hub.queue
set is_drift_current = $is_current
