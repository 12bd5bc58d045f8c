-- Returns the beginnings of ids, at most $length long and $most of them, that begin with $front and no shell obeys.
select distinct left(id, $length) as value
from hub.nodes
where starts_with(id, $front)
    and regexp_full_match(id, '[A-Za-z0-9_][A-Za-z0-9._/-]*')
order by value
limit $most
