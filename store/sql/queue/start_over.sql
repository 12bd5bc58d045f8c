-- Lets the lent jobs be begun as often as new ones.
update hub.jobs
set
    attempts = 0,
    fruitless = 0,
    error = null,
    is_stopped_early = false,
    reason = coalesce($reason, reason)
where number in (select number from lent_numbers)
