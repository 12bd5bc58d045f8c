-- Writes what was decided when a job was stopped early.
update hub.jobs
set decision = $decision
where number = $number
