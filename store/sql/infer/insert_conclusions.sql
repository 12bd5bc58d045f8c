-- Writes what the rules concluded from names and habits as evidence.
insert into hub.evidence by name
select
    lent.child,
    lent.parent,
    'name' as kind,
    lent.rule,
    lent.relation,
    lent.declared_as,
    'inferred' as resolution,
    lent.confidence,
    models.first_seen_at,
    models.last_seen_at
from lent_conclusions as lent
inner join hub.models
    on models.id = lent.child
