-- Lets a lease last longer.
update hub.jobs
set lease_expires_at = $expires_at
where
    state = 'leased'
    and lease_owner = $owner
    and lease = $lease
