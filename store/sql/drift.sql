-- name: clear_drift
-- Empties the drift.
truncate hub.drift

-- name: count_scored
-- Returns how many of the lent models, or of all, have a current score; with files, one of a file counts too.
select count(distinct nid)
from hub.standing
where (variant = '' or $with_files)
    and (
        $is_all
        or nid in (from lent_asked)
    )

-- name: domains
-- Returns the domains of every scored model that an analyst would list, own and inherited.
select
    model,
    list_sort(list_distinct(list(domain))) as domains
from hub.domains
semi join hub.scored_names
    on scored_names.id = domains.model
where confidence >= $confidence
group by model

-- name: forget_drift
-- Deletes the verdicts on the models with the numbers $named in the scored names, and on all that descends from them.
delete from hub.drift
where hub.repository_of(model) in (
    with recursive moved as (
        select nodes.id as model
        from hub.nodes
        inner join hub.scored_names
            on lower(scored_names.repository) = lower(nodes.id)
            or scored_names.id = nodes.id
        where list_contains($named, scored_names.number)
        union
        select edges.child as model
        from hub.edges
        inner join moved
            on moved.model = edges.parent
    )
    select model
    from moved
)

-- name: insert_drift
-- Writes the lent rows of drift.
insert into hub.drift by name
from lent_drift

-- name: is_current
-- Returns whether the verdicts follow from all scores that are here.
select is_drift_current
from hub.queue

-- name: items
-- Returns the common items of two scores by name: both values and the cluster, which is the item itself if it has none.
select
    item,
    derivative.value as derivative,
    reference.value as reference,
    coalesce(derivative.cluster, reference.cluster, item) as clusters
from hub.items as derivative
inner join hub.items as reference using (item)
where derivative.score = $derivative
    and reference.score = $reference
order by item

-- name: node_domains
-- Returns the surest domain of every node that has one, as its place in $domains.
select
    nodes.nid as node,
    list_position($domains, arg_max(domains.domain, domains.confidence)) - 1 as domain
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.confidence >= $confidence
group by nodes.nid

-- name: outlines
-- Returns of every verdict on the lent models, or on all, what counts of it: its instrument, and numbers for verdict, model and reference.
select
    mine.number as instrument,
    list_position($every, drift.verdict) - 1 as verdict,
    hash(drift.model) as model,
    hash(drift.reference) as reference,
    drift.q_value is not null as is_tested
from hub.drift
inner join hub.instruments as mine
    on mine.instrument = drift.instrument
inner join hub.nodes
    on nodes.id = hub.repository_of(drift.model)
where list_contains($against, drift.against)
    and (
        $with_files
        or drift.model = nodes.id
    )
    and (
        $is_all
        or nodes.nid in (from lent_asked)
    )
    and (
        len($names) = 0
        or list_contains($names, mine.name)
    )

-- name: told_models
-- Returns the models that have a verdict.
select distinct model
from hub.drift

-- name: verdicts
-- Returns the first $most verdicts on the lent models, or on all, in the order of measuring: with the instrument, both scores in points from 0 (safest), the repository and the numbers of the scores.
with chosen as (
    select
        drift.*,
        drift.rowid as place,
        nodes.nid,
        nodes.id as repository,
        substring(drift.model, length(nodes.id) + 1) as variant,
        reference_nodes.nid as reference_nid,
        substring(drift.reference, length(reference_nodes.id) + 1) as reference_variant
    from hub.drift as drift
    inner join hub.nodes
        on nodes.id = hub.repository_of(drift.model)
    left join hub.nodes as reference_nodes
        on reference_nodes.id = hub.repository_of(drift.reference)
    where list_contains($against, drift.against)
        and (
            $is_all
            or nodes.nid in (from lent_asked)
        )
)
select
    chosen.* exclude (place, nid, repository, variant, reference_nid, reference_variant),
    mine.name,
    mine.construct,
    mine.direction,
    mine.scale,
    mine.judge,
    families.root,
    case when own.claims = 1 then 100 * own.value end as value,
    case when other.claims = 1 then 100 * other.value end as reference_value,
    chosen.repository,
    own.score,
    coalesce(other.score, -1) as reference_score
from chosen
inner join hub.instruments as mine
    on mine.instrument = chosen.instrument
left join hub.families
    on families.model = chosen.repository
left join hub.standing as own
    on own.nid = chosen.nid
    and own.variant = chosen.variant
    and own.instrument = mine.number
left join hub.instruments as theirs
    on theirs.instrument = chosen.reference_instrument
left join hub.standing as other
    on other.nid = chosen.reference_nid
    and other.variant = chosen.reference_variant
    and other.instrument = theirs.number
where (chosen.variant = '' or $with_files)
    and (
        len($names) = 0
        or list_contains($names, mine.name)
    )
    and (
        len($verdicts) = 0
        or list_contains($verdicts, chosen.verdict)
    )
order by
    list_position($against, chosen.against),
    chosen.place
limit $most
