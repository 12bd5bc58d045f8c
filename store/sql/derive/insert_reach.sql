-- Writes for every model with derivatives how many there are, and their downloads with its own.
insert into hub.reach
select
    nodes.id,
    lent.derivatives,
    lent.exposure
from lent_reach as lent
inner join hub.nodes
    on nodes.nid = lent.nid
