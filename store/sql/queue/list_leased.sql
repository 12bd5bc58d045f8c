-- Returns the jobs that are leased to a process, or to any other; where a time is given, those whose lease had run out then.
select number
from hub.jobs
where
    state = 'leased'
    and (lease_owner = $owner) = $is_ours
    and ($at::timestamptz is null or lease_expires_at <= $at)
order by number
