-- Puts those of the lent jobs that are in one of some states into another, without a lease unless they are leased, and returns them.
update hub.jobs
set
    state = $after,
    changed_at = $at,
    lease_owner = case when $after = 'leased' then lease_owner end,
    lease = case when $after = 'leased' then lease end,
    lease_expires_at = case when $after = 'leased' then lease_expires_at end
where
    number in (select number from lent_numbers)
    and list_contains($befores, state)
returning number
