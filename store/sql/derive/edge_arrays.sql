-- Returns the edges as the numbers of child and parent and the order of the relation, and how surely it is one.
select
    child.nid as child,
    parent.nid as parent,
    cast(list_position(['finetune', 'adapter', 'quantized', 'merge'], edges.relation) - 1 as utinyint) as relation,
    edges.inferred,
    edges.confidence
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
