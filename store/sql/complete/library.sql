-- Returns the beginnings of libraries, as `complete/ids` does those of ids.
select distinct left(library, $length) as value
from hub.models
where starts_with(library, $front)
    and regexp_full_match(library, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most
