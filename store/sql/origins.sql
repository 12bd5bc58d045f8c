-- name: clear_likely_parents
-- Empties the likely parents before they are written again.
truncate hub.likely_parents

-- name: insert_likely_parents
-- Writes the likeliest parent of every model without one: inferred, not rejected by a person, and not made from it.
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
where evidence.inferred
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
qualify row_number() over (partition by evidence.child order by evidence.confidence desc, evidence.parent) = 1
order by evidence.child

-- name: list_origins
-- Returns, for those of the lent models that have no parent, what is known of where they come from; with $is_notable only
-- those of which more is known than that they declare nothing.
with known as (
    select
        lent.model,
        likely_parents.parent as likely_parent,
        likely_parents.confidence,
        exists (
            select 1
            from hub.models
            where models.id = lent.model
        ) as is_seen,
        exists (
            select 1
            from hub.declarations
            where declarations.child = lent.model
        ) as is_declaring,
        exists (
            select 1
            from hub.evidence
            where evidence.child = lent.model
                and not evidence.inferred
        ) as is_rejected,
        exists (
            select 1
            from hub.files
            where files.model = lent.model
                and files.content is not null
        ) as is_read,
        (
            select min(curated.source)
            from hub.curated
            inner join hub.resolutions
                on resolutions.named = curated.model
            where resolutions.parent = lent.model
                and curated.parent is null
        ) as pretrained
    from lent_models as lent
    left join hub.likely_parents using (model)
    where not exists (
        select 1
        from hub.edges
        where edges.child = lent.model
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
