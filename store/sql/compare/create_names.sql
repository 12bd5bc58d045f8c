-- Makes the table of models that are the same under another name, as long as neither name is that of another model.
create temp table names as
select
    former.id as former,
    models.id as current
from before.hub.models as former
inner join after.hub.models as models using (hub_id)
where former.id <> models.id
    and not exists (
        select 1
        from before.hub.models as taken
        where taken.id = models.id
    )
    and not exists (
        select 1
        from after.hub.models as taken
        where taken.id = former.id
    )
