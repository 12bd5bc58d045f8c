-- Writes every declaration that leads to another model as evidence.
insert into hub.evidence by name
select
    declarations.child,
    resolutions.parent,
    declarations.evidence as kind,
    declarations.relation,
    declarations.declared_as,
    resolutions.resolution,
    weights.confidence,
    min(declarations.first_seen_at) as first_seen_at,
    max(declarations.last_seen_at) as last_seen_at
from hub.declarations
inner join hub.resolutions using (named)
inner join lent_weights as weights using (evidence, resolution)
where declarations.child <> resolutions.parent
group by all
