-- Writes what came of a job.
update hub.jobs
set
    value = $value,
    weights_hash = $weights_hash,
    is_stopped_early = $is_stopped_early,
    run = $run,
    error = null
where number = $number
