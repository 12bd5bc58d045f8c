-- Returns jobs by their numbers.
select
    number,
    model,
    revision,
    folder,
    base,
    base_revision,
    base_folder,
    instrument,
    definition,
    engine,
    item_limit,
    options,
    state,
    family,
    attempts,
    items_done,
    items_total,
    lease,
    lease_expires_at,
    error
from hub.jobs
inner join lent_numbers using (number)
order by number
