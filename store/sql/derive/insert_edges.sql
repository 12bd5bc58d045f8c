-- Writes the edges anew: the card's own relation before the Hub's, before a typed tag's, before what the signs say.
insert into hub.edges by name
select
    gathered.child,
    gathered.parent,
    coalesce(declared_relation, hub_relation, typed_relation, inferred.relation) as relation,
    gathered.evidence,
    weights.confidence,
    declared_relation,
    hub_relation,
    gathered.declared_as,
    gathered.resolution,
    case
        when declared_relation is not null then 'card'
        when hub_relation is not null then 'hub'
        when typed_relation is not null then 'typed tag'
        else inferred.reason
    end as relation_reason,
    gathered.first_seen_at,
    gathered.last_seen_at
from gathered
inner join lent_weights as weights using (evidence, resolution)
left join lent_inferred as inferred using (child)
