-- Writes the models that the prose of cards names as evidence, where the name leads to a model that is here.
insert into hub.evidence by name
with named as (
    select
        lent.child,
        coalesce(listed.id, aliases.id, resolutions.parent) as parent,
        lent.relation,
        lent.text
    from lent_sentences as lent
    left join hub.models as listed
        on listed.id = lent.named
    left join aliases
        on aliases.alias = lent.named
    left join hub.resolutions
        on resolutions.named = lent.named
        and resolutions.resolution <> 'missing'
)
select
    named.child,
    named.parent,
    'readme' as kind,
    'sentence' as rule,
    min(named.relation) as relation,
    min(named.text) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    min(models.first_seen_at) as first_seen_at,
    max(models.last_seen_at) as last_seen_at
from named
inner join hub.models
    on models.id = named.child
where named.parent is not null
    and named.parent <> named.child
group by
    named.child,
    named.parent
