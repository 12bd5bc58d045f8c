-- Writes what the lent jobs failed of; null forgets it.
update hub.jobs
set error = $error
where number in (select number from lent_numbers)
