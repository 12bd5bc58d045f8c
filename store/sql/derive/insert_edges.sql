-- Writes the edges anew: the card's own relation before the Hub's, before a typed tag's, before what the signs say.
insert into hub.edges by name
select
    gathered.child,
    gathered.parent,
    coalesce(card.relation, hub.relation, typed.relation, inferred.relation) as relation,
    gathered.evidence,
    weights.confidence,
    gathered.declared_relation,
    gathered.hub_relation,
    gathered.declared_as,
    gathered.resolution,
    case
        when card.relation is not null then 'card'
        when hub.relation is not null then 'hub'
        when typed.relation is not null then 'typed tag'
        else inferred.reason
    end as relation_reason,
    gathered.first_seen_at,
    gathered.last_seen_at
from gathered
inner join lent_weights as weights using (evidence, resolution)
left join lent_relations as card
    on card.written = gathered.declared_relation
left join lent_relations as hub
    on hub.written = gathered.hub_relation
left join lent_relations as typed
    on typed.written = gathered.typed_relation
left join lent_inferred as inferred using (child)
