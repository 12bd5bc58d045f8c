-- Writes the domain that models inherit from their nearest ancestor that shows it by its own signs.
insert into hub.domains
select
    nodes.id,
    $domain,
    'inherited',
    lent.confidence,
    list_concat(
        ['ancestor:' || ancestor.id, 'distance:' || lent.distance, 'path:' || lent.path],
        case when lent.inferred > 0 then ['inferred edges:' || lent.inferred] else [] end
    )
from lent_inherited as lent
inner join hub.nodes
    on nodes.nid = lent.nid
inner join hub.nodes as ancestor
    on ancestor.nid = lent.ancestor
