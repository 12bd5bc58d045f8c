-- Reports the declarations that name no model, with the reason.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names no model: ' || declarations.reason,
    declarations.declared_as,
    models.crawl
from hub.declarations
inner join hub.models
    on models.id = declarations.child
where declarations.named is null
