-- Returns the beginnings of licences, as `complete/ids` does those of ids.
select distinct left(license, $length) as value
from hub.models
where starts_with(license, $front)
    and regexp_full_match(license, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most
