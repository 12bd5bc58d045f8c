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

-- name: records
-- Returns the facts about the lent models that policies ask for, but for those about weights.
with lent as (
    select
        id,
        hub_id,
        status
    from hub.nodes
    where nid in (
        select nid
        from lent_members
    )
),
known as (
    select
        hub_id,
        status_evidence,
        sha,
        license,
        gated,
        last_seen_at
    from hub.models
    where hub_id in (
        select hub_id
        from lent
    )
)
select
    lent.id,
    lent.status,
    coalesce(
        known.status_evidence,
        gone.evidence,
        case when known.hub_id is null then 'named as a parent, never seen' end
    ) as status_evidence,
    known.sha,
    known.license,
    known.gated,
    coalesce(known.last_seen_at, gone.checked_at) as seen_at
from lent
left join known
    on known.hub_id = lent.hub_id
left join hub.gone
    on gone.id = lent.id
order by lent.id

-- name: weights
-- Returns whether all weights of each lent model are pickles, of those whose files or tags tell.
with lent as (
    select
        id,
        hub_id
    from hub.nodes
    where nid in (
        select nid
        from lent_members
    )
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
known as (
    select
        hub_id,
        tags,
        json_extract_string(body, '$.siblings[*].rfilename') as files
    from hub.models
    where hub_id in (
        select hub_id
        from lent
    )
),
told as (
    select
        lent.id,
        coalesce(known.tags, []) as tags,
        list_distinct(list_transform(
            list_concat(coalesce(hashed.paths, []), coalesce(known.files, [])),
            lambda path: lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1))
        )) as kinds
    from lent
    left join known
        on known.hub_id = lent.hub_id
    left join hashed
        on hashed.id = lent.id
)
select
    id,
    case
        when list_has_any(kinds, ['safetensors', 'gguf'])
            or list_has_any(tags, ['safetensors', 'gguf'])
            then false
        when list_has_any(kinds, ['bin', 'pt', 'pth', 'ckpt', 'pkl'])
            or list_contains(tags, 'pytorch')
            then true
    end as pickle_only
from told
where pickle_only is not null
