-- name: clear_likely_parents
-- Removes the likely parents that are written again.
delete from hub.likely_parents
where is_linked(model)

-- name: insert_likely_parents
-- Writes the likeliest parent of every model without one: inferred, not rejected by a person, not made from it and not ruled out by weights; those come first that have one origin with it by weights.
insert into hub.likely_parents by name
with rejected as (
    from hub.rejected_pairs()
)
select
    evidence.child as model,
    evidence.parent,
    evidence.confidence,
    coalesce(evidence.rule, evidence.kind) as rule,
    evidence.declared_as
from hub.evidence
left join weighed using (child, parent)
where evidence.inferred
    and is_linked(evidence.child)
    and not exists (
        select 1
        from hub.edges
        where edges.child = evidence.child
    )
    and not exists (
        select 1
        from hub.edges
        where edges.child = evidence.parent
            and edges.parent = evidence.child
    )
    and not exists (
        select 1
        from rejected
        where rejected.child = evidence.child
            and rejected.parent = evidence.parent
    )
    and (
        weighed.against is null
        or weighed.is_merge
    )
qualify row_number() over (
    partition by evidence.child
    order by
        coalesce(weighed.is_related, false) desc,
        evidence.confidence desc,
        evidence.parent
) = 1
order by evidence.child

-- name: list_origins
-- Returns, for those of $models that have no parent, what is known of where they come from; with $is_notable only
-- those of which more is known than that they declare nothing. With $is_derived the numbered models are all there are.
with asked as materialized (
    select unnest(cast($models as varchar[])) as model
),
with_parents as (
    select child
    from hub.edges
    where child in (
        from asked
    )
),
seen as (
    select id
    from hub.nodes
    where hub_id is not null
        and id in (
            from asked
        )
    union all
    select id
    from hub.models
    where not $is_derived
        and id in (
            from asked
        )
),
declaring as (
    select child
    from hub.declarations
    where child in (
        from asked
    )
),
rejected as (
    select child
    from hub.evidence
    where not inferred
        and child in (
            from asked
        )
),
pretrained as (
    select
        resolutions.parent as model,
        min(curated.source) as source
    from hub.curated
    inner join hub.resolutions
        on resolutions.named = curated.model
    where curated.parent is null
        and resolutions.parent in (
            from asked
        )
    group by resolutions.parent
),
contradicted as (
    select
        child as model,
        list(parent order by parent) as parents
    from hub.contradicted_edges
    where weights = 'contradicted'
        and child in (
            from asked
        )
    group by child
),
related as (
    select
        contradicted.model,
        list(if(pairs.a = contradicted.model, pairs.b, pairs.a) order by pairs.equal_share desc, pairs.change)[:3] as models
    from contradicted
    inner join hub.weight_pairs as pairs
        on contradicted.model in (pairs.a, pairs.b)
    where list_contains(cast($related as varchar[]), pairs.verdict)
        and not exists (
            select 1
            from hub.edges
            where edges.child in (pairs.a, pairs.b)
                and edges.parent = contradicted.model
        )
    group by contradicted.model
),
known as (
    select
        asked.model,
        likely_parents.parent as likely_parent,
        likely_parents.confidence,
        asked.model in (
            from seen
        ) as is_seen,
        asked.model in (
            from declaring
        ) as is_declaring,
        asked.model in (
            from rejected
        ) as is_rejected,
        asked.model in (
            select model
            from hub.files
            where content is not null
                and model in (
                    from asked
                )
        ) as is_read,
        pretrained.source as pretrained,
        contradicted.parents as contradicted,
        related.models as relatives
    from asked
    left join hub.likely_parents using (model)
    left join pretrained using (model)
    left join contradicted using (model)
    left join related using (model)
    where asked.model not in (
        from with_parents
    )
)
select *
from known
where not $is_notable
    or likely_parent is not null
    or not is_seen
    or is_declaring
    or is_rejected
    or is_read
    or pretrained is not null
    or contradicted is not null
