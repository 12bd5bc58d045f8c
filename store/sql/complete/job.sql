-- Returns the beginnings of the numbers of jobs, as `complete/ids` does those of ids.
select distinct left(number::varchar, $length) as value
from hub.jobs
where starts_with(number::varchar, $front)
order by value
limit $most
