-- Writes whose the lent jobs are, and until when.
update hub.jobs
set
    lease_owner = $owner,
    lease = $lease,
    lease_expires_at = $expires_at
where number in (select number from lent_numbers)
