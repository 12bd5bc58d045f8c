-- Writes the domain that models inherit from their nearest ancestor that shows it by its own signs.
insert into hub.domains
select
    nodes.id,
    $domain,
    'inherited',
    lent.confidence,
    ['ancestor:' || ancestor.id, 'distance:' || lent.distance]
from lent_inherited as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as ancestor
    on ancestor.nid = lent.ancestor
