-- Returns the inferred edges as the numbers of child and parent, with how sure each is.
select
    child.nid as child,
    parent.nid as parent,
    edges.confidence
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
where edges.inferred
