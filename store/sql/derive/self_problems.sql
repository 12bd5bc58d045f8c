-- Reports the models that name themselves as parent, once each.
insert into hub.problems
select
    models.hub_id,
    models.id,
    'lineage.parent',
    'names itself as parent',
    min(declarations.declared_as),
    any_value(models.crawl)
from hub.declarations
inner join hub.resolutions using (named)
inner join hub.models
    on models.id = declarations.child
where resolutions.parent = declarations.child
group by
    models.hub_id,
    models.id
