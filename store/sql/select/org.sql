-- Returns the numbers of the models of a user or organisation, missing ones too.
select nid
from hub.nodes
where contains(id, '/')
    and lower(split_part(id, '/', 1)) = lower($value)
