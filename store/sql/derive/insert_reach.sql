-- Writes for every model with derivatives how many there are, their downloads with its own, and how many are inferred.
insert into hub.reach
select
    nodes.id,
    lent.derivatives,
    lent.exposure,
    lent.inferred
from lent_reach as lent
inner join hub.nodes
    on nodes.nid = lent.nid
