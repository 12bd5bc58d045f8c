-- Writes the last part of local paths as evidence, where exactly one older model has that id or name.
insert into hub.evidence by name
select
    lent.child,
    min(models.id) as parent,
    'name' as kind,
    'local path' as rule,
    min(lent.text) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    min(child.first_seen_at) as first_seen_at,
    max(child.last_seen_at) as last_seen_at
from lent_hints as lent
inner join hub.models as child
    on child.id = lent.child
inner join hub.models
    on lower(models.id) = lower(lent.hint)
    or lower(split_part(models.id, '/', -1)) = lower(lent.hint)
where models.id <> lent.child
    and models.created_at < child.created_at
group by
    lent.child,
    lent.hint
having count(distinct models.id) = 1
