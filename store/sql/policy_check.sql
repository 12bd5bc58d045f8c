-- name: contradicted
-- Returns what weights contradict of what is said of the parents of the lent models.
select edges.*
from contradicted_edges as edges
inner join hub.nodes
    on nodes.id = edges.child
semi join lent_members using (nid)
where edges.weights = 'contradicted'
order by
    edges.child,
    edges.parent

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
-- Returns what policies ask of the records of the lent models, with the nodes of which it holds.
with lent as (
    select
        nid,
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
        license,
        gated,
        last_seen_at
    from hub.models
    where hub_id in (
        select hub_id
        from lent
    )
),
told as (
    select
        lent.nid,
        lent.status,
        coalesce(
            known.status_evidence,
            gone.evidence,
            case when known.hub_id is null then 'named as a parent, never seen' end
        ) as status_evidence,
        known.license,
        known.gated,
        coalesce(known.last_seen_at, gone.checked_at) as seen_at
    from lent
    left join known
        on known.hub_id = lent.hub_id
    left join hub.gone
        on gone.id = lent.id
)
select
    status,
    status_evidence,
    license,
    gated,
    epoch_us(min(seen_at)) as seen_at_us,
    list(nid) as nodes
from told
group by
    status,
    status_evidence,
    license,
    gated,
    date_trunc('day', seen_at),
    floor((epoch_us($now::timestamptz) - epoch_us(seen_at)) / 86400000000.0)

-- name: revisions
-- Returns the present commits of the lent models that have one.
select
    nodes.id,
    models.sha
from hub.nodes
inner join hub.models using (hub_id)
semi join lent_models
    on lent_models.model = nodes.id
where models.sha is not null

-- name: weights
-- Returns whether all weights of the lent models are pickles, where their files or tags tell, with the nodes of which it holds.
with lent as (
    select
        nid,
        id,
        hub_id
    from hub.nodes
    where nid in (
        select nid
        from lent_members
    )
),
known as (
    select
        hub_id,
        list_contains(tags, 'safetensors') or list_contains(tags, 'gguf') as is_safe,
        list_contains(tags, 'pytorch') as has_pickle,
        case
            when contains(body, '"siblings"')
                then json_extract_string(body, '$.siblings[*].rfilename')
        end as files
    from hub.models
    where hub_id in (
        select hub_id
        from lent
    )
),
paths as (
    select
        lent.nid,
        unnest(known.files) as path
    from lent
    inner join known using (hub_id)
    union all
    select
        lent.nid,
        file_hashes.path
    from lent
    inner join hub.file_hashes
        on file_hashes.model = lent.id
),
kinds as (
    select
        nid,
        lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1)) as kind
    from paths
),
stored as (
    select
        nid,
        bool_or(kind in ('safetensors', 'gguf')) as is_safe,
        bool_or(kind in ('bin', 'pt', 'pth', 'ckpt', 'pkl')) as has_pickle
    from kinds
    group by nid
),
told as (
    select
        lent.nid,
        case
            when known.is_safe or stored.is_safe then false
            when known.has_pickle or stored.has_pickle then true
        end as pickle_only
    from lent
    left join known using (hub_id)
    left join stored using (nid)
)
select
    pickle_only,
    list(nid) as nodes
from told
where pickle_only is not null
group by pickle_only
