-- Writes the edges anew: a person's relation before the card's, the Hub's, a typed tag's, a rule's, what the signs say.
insert into hub.edges by name
select
    gathered.child,
    gathered.parent,
    coalesce(
        gathered.human_relation,
        card.relation,
        hub.relation,
        typed.relation,
        gathered.inferred_relation,
        concluded.relation,
        'finetune'
    ) as relation,
    gathered.evidence,
    gathered.confidence,
    gathered.declared_relation,
    gathered.hub_relation,
    gathered.declared_as,
    gathered.resolution,
    case
        when gathered.human_relation is not null then 'human'
        when card.relation is not null then 'card'
        when hub.relation is not null then 'hub'
        when typed.relation is not null then 'typed tag'
        when gathered.inferred_relation is not null then 'name sign'
        else coalesce(concluded.reason, 'default')
    end as relation_reason,
    gathered.inferred,
    nullif(gathered.rule, '') as rule,
    gathered.first_seen_at,
    gathered.last_seen_at
from gathered
left join lent_relations as card
    on card.written = gathered.declared_relation
left join lent_relations as hub
    on hub.written = gathered.hub_relation
left join lent_relations as typed
    on typed.written = gathered.typed_relation
left join lent_inferred as concluded using (child)
