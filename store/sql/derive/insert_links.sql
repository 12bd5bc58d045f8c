-- Writes the edges as the numbers of child and parent and the order of the relation, sorted by child.
insert into hub.links
select
    child.nid as child,
    parent.nid as parent,
    list_position(['finetune', 'adapter', 'quantized', 'merge'], edges.relation) - 1 as relation
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
order by
    child,
    parent
