-- Writes for every model its root, the distance to it, and the size and the component of its family.
insert into hub.families
select
    nodes.id,
    root.id,
    lent.depth,
    lent.size,
    lent.component
from lent_families as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root
