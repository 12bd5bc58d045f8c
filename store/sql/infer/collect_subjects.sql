-- Gathers what the rules see of every model, with the parents that it declares; of lent hidden children those are kept out.
create or replace temp table subjects as
with declared as (
    select
        evidence.child,
        list(distinct evidence.parent) as parents
    from hub.evidence
    where evidence.kind not in ('gguf', 'plain tag', 'readme', 'weights', 'name')
        and evidence.child not in (
            select child
            from lent_hidden
        )
    group by evidence.child
),
famous as (
    select
        unnest(parents) as parent,
        count(*) as children
    from declared
    group by 1
)
select
    models.id,
    coalesce(models.author, case when contains(models.id, '/') then split_part(models.id, '/', 1) else '' end) as author,
    array_to_string(
        regexp_extract_all(lower(split_part(models.id, '/', -1)), '[a-z]+|[0-9]+(?:\.[0-9]+)*'),
        ' '
    ) as words,
    coalesce(cast(epoch(models.created_at) as bigint), 0) as created,
    list_sort(list_intersect(coalesce(models.tags, []), cast($types as varchar[]))) as types,
    array_to_string(list_sort(list_intersect(coalesce(models.tags, []), cast($marks as varchar[]))), ' ') as marks,
    coalesce(models.license, list_filter(models.tags, lambda tag: starts_with(tag, 'license:'))[1][9:], '') as license,
    coalesce(models.pipeline_tag, '') as task,
    coalesce(famous.children, 0) as children,
    coalesce(models.downloads, 0) as downloads,
    coalesce(declared.parents, []) as parents
from hub.models
left join declared
    on declared.child = models.id
left join famous
    on famous.parent = models.id
