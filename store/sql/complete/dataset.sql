-- Returns the beginnings of data sets, as `complete/ids` does those of ids.
select distinct left(dataset, $length) as value
from hub.trained_on
where starts_with(dataset, $front)
    and regexp_full_match(dataset, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most
