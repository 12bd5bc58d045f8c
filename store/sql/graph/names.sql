-- Lists the ids of the models whose numbers are lent.
select
    nodes.nid,
    nodes.id
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid
