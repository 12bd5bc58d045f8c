-- name: edges
-- Returns the edges from the lent models to their parents, with the evidence that decided.
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    coalesce(edges.inferred, false) as inferred,
    edges.declared_as
from hub.edges
inner join hub.nodes
    on nodes.id = edges.child
semi join lent_members using (nid)
order by
    edges.child,
    edges.parent

-- name: models
-- Returns the facts about the lent models that policies ask for; pickle_only is null if no files are known.
with lent as (
    select
        nodes.id,
        nodes.hub_id,
        nodes.status
    from hub.nodes
    semi join lent_members using (nid)
),
hashed as (
    select
        model as id,
        list(path) as paths
    from hub.file_hashes
    semi join lent
        on lent.id = file_hashes.model
    group by model
),
told as (
    select
        lent.id,
        lent.status,
        coalesce(
            models.status_evidence,
            gone.evidence,
            case when models.hub_id is null then 'named as a parent, never seen' end
        ) as status_evidence,
        models.sha,
        models.license,
        models.gated,
        coalesce(models.last_seen_at, gone.checked_at) as seen_at,
        coalesce(models.tags, []) as tags,
        list_distinct(list_transform(
            list_concat(
                coalesce(hashed.paths, []),
                coalesce(json_extract_string(models.body, '$.siblings[*].rfilename'), [])
            ),
            lambda path: lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1))
        )) as kinds
    from lent
    left join hub.models
        on models.hub_id = lent.hub_id
    left join hub.gone
        on gone.id = lent.id
    left join hashed
        on hashed.id = lent.id
)
select
    id,
    status,
    status_evidence,
    sha,
    license,
    gated,
    case
        when list_has_any(kinds, ['safetensors', 'gguf'])
            or list_has_any(tags, ['safetensors', 'gguf'])
            then false
        when list_has_any(kinds, ['bin', 'pt', 'pth', 'ckpt', 'pkl'])
            or list_contains(tags, 'pytorch')
            then true
    end as pickle_only,
    seen_at
from told
order by id
