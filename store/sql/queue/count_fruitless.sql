-- Counts that an attempt at a job gave no result of an item, or forgets such attempts; returns how many there were in a row.
update hub.jobs
set fruitless = case when $is_fruitless then fruitless + 1 else 0 end
where number = $number
returning fruitless
