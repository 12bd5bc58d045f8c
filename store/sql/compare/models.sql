-- Notes which models are new, gone, renamed or recreated, and of which commit, licence or status is another one.
insert into differences
with former as (
    select
        coalesce(names.current, models.id) as name,
        models.id,
        models.hub_id,
        models.sha,
        models.license,
        models.status
    from before.hub.models
    left join names
        on names.former = models.id
),
paired as (
    select
        former.id as old_id,
        former.hub_id as old_hub_id,
        former.sha as old_sha,
        former.license as old_license,
        former.status as old_status,
        models.id,
        models.hub_id,
        models.sha,
        models.license,
        models.status
    from former
    full join after.hub.models
        on models.id = former.name
    where former.id is distinct from models.id
        or former.hub_id is distinct from models.hub_id
        or former.sha is distinct from models.sha
        or former.license is distinct from models.license
        or former.status is distinct from models.status
)
select
    'model_new',
    id,
    null,
    null,
    status
from paired
where old_id is null
union all
select
    'model_gone',
    old_id,
    null,
    old_status,
    null
from paired
where id is null
union all
select
    'renamed',
    id,
    null,
    old_id,
    id
from paired
where old_id <> id
union all
select
    'recreated',
    id,
    null,
    old_hub_id,
    hub_id
from paired
where old_hub_id <> hub_id
union all
select
    'revision',
    id,
    null,
    old_sha,
    sha
from paired
where old_id is not null
    and id is not null
    and old_sha is distinct from sha
union all
select
    'licence',
    id,
    null,
    old_license,
    license
from paired
where old_id is not null
    and id is not null
    and old_license is distinct from license
union all
select
    'status',
    id,
    null,
    old_status,
    status
from paired
where old_status <> status
