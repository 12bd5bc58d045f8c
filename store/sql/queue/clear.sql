-- Forgets the lent jobs; what they cost is kept.
delete from hub.jobs
where number in (select number from lent_numbers)
