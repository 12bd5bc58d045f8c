-- Returns the ids of lent numbers, in rising order of the numbers.
select nodes.id
from lent_numbers as lent
inner join hub.nodes
    on nodes.nid = lent.nid
order by nodes.nid
