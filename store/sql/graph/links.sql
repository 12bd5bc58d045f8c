-- Returns the edges as the numbers of child and parent and the order of the relation.
select
    child,
    parent,
    relation
from hub.links
