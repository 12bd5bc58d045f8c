-- Writes for every model its root, the distance to it, size and component of its family, and if only inferred edges lead there.
insert into hub.families
select
    nodes.id,
    root.id,
    lent.depth,
    lent.size,
    lent.component,
    lent.inferred
from lent_families as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root
