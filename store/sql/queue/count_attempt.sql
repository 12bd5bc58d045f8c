-- Counts that a job was begun.
update hub.jobs
set attempts = attempts + 1
where number = $number
