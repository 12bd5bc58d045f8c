-- Lists jobs in some states, what works first, then what is next, what failed, and the rest, the latest first.
from jobs
where $states::varchar[] is null or list_contains($states, state)
order by
    list_position(['leased', 'queued', 'failed', 'done', 'skipped'], state),
    case when state = 'queued' then priority end,
    changed_at desc,
    job
limit case when $limit = 0 then null else $limit end
