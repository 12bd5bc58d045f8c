-- Returns the beginnings of users and organisations, as `complete/ids` does those of ids.
select distinct left(split_part(id, '/', 1), $length) as value
from hub.nodes
where contains(id, '/')
    and starts_with(id, $front)
    and regexp_full_match(split_part(id, '/', 1), '[A-Za-z0-9_][A-Za-z0-9._-]*')
order by value
limit $most
