-- Notes what the running attempt at a job cost until now.
update hub.attempts
set
    items = items + $items,
    run_seconds = run_seconds + $run_seconds,
    tokens = coalesce(tokens + $tokens, tokens, $tokens),
    seconds = epoch($at - started_at)
where
    job = $number
    and outcome = 'running'
