-- Returns how many tokens an item of each instrument usually has, by the finished attempts that counted them.
select
    instrument,
    median(tokens / items) as tokens_per_item
from hub.attempts
where
    outcome = 'done'
    and items > 0
    and tokens > 0
group by instrument
order by instrument
