-- Writes the roots of models besides the nearest, with the distance to each.
insert into hub.other_roots
select
    nodes.id,
    root.id,
    lent.distance,
    lent.inferred
from lent_roots as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as root
    on root.nid = lent.root
