-- Ends the running attempts at a job; the time since the last items counts unless nobody saw it.
update hub.attempts
set
    outcome = $outcome,
    error = $error,
    traceback = $traceback,
    ended_at = $ended_at,
    seconds = coalesce(epoch($ended_at - started_at), seconds)
where
    job = $number
    and outcome = 'running'
