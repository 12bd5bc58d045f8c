-- Writes the domain that models inherit from their nearest ancestor that shows it by its own signs.
insert into hub.domains
select
    nodes.id,
    $domain,
    'inherited',
    lent.confidence,
    case
        when lent.inferred > 0
            then ['ancestor:' || ancestor.id, 'distance:' || lent.distance, 'inferred edges:' || lent.inferred]
        else ['ancestor:' || ancestor.id, 'distance:' || lent.distance]
    end
from lent_inherited as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as ancestor
    on ancestor.nid = lent.ancestor
