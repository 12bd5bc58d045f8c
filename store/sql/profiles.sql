-- name: drift
-- Lists how far the lent models moved, with the instrument and both scores in points from 0 (safest).
select
    drift.* exclude (nid, is_file, score, reference_score, value, reference_value),
    instruments.name,
    instruments.title,
    instruments.construct,
    instruments.direction,
    instruments.scale,
    instruments.judge,
    families.root,
    drift.value,
    drift.reference_value
from hub.drift
inner join hub.instruments using (instrument)
left join families
    on families.model = drift.model
where not drift.is_file
    and drift.nid in (
        select nid
        from lent_profiles
    )
order by
    drift.model,
    drift.against,
    instruments.name,
    drift.instrument,
    drift.reference

-- name: edges
-- Lists the edges from the lent models to their parents, the most certain first.
select
    edges.child as model,
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_as,
    edges.declared_relation,
    edges.hub_relation,
    edges.relation_reason,
    edges.parent_status,
    edges.resolution,
    edges.inferred,
    edges.rule,
    edges.original,
    edges.first_seen_at,
    edges.last_seen_at
from edges
inner join hub.nodes
    on nodes.id = edges.child
semi join lent_profiles using (nid)
order by
    edges.child,
    edges.inferred,
    edges.confidence desc,
    edges.parent

-- name: facts
-- Returns what is known about the lent models, where they stand in the graph, and how many descend from them; their records stand at $places.
with chosen as (
    select
        nodes.id,
        nodes.status
    from hub.nodes
    semi join lent_profiles using (nid)
),
known as (
    select *
    from hub.placed_models()
    where status <> 'renamed'
        and id in (
            select id
            from chosen
        )
        and place in (
            select unnest(cast($places as bigint[]))
        )
)
select
    chosen.id,
    chosen.status,
    known.status_evidence,
    known.hub_id,
    known.author,
    known.created_at,
    known.last_modified_at,
    known.revision,
    known.first_seen_at,
    known.last_seen_at,
    known.downloads,
    known.downloads_all_time,
    known.likes,
    known.pipeline_tag,
    known.library,
    known.license,
    known.gated,
    known.parameters,
    coalesce(known.languages, []) as languages,
    coalesce(known.datasets, []) as datasets,
    families.root,
    families.depth,
    coalesce(reach.derivatives, 0) as derivatives
from chosen
left join known
    on known.id = chosen.id
left join families
    on families.model = chosen.id
left join hub.reach
    on reach.model = chosen.id
order by chosen.id

-- name: identities
-- Lists what the scores of each identity share.
select
    number,
    instrument,
    title,
    construct,
    direction,
    low,
    high,
    name,
    item_set_hash,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype
from hub.instruments

-- name: planned
-- Lists the evaluations of the lent models that gave no score yet, or never will.
select
    jobs.model,
    jobs.instrument,
    jobs.state,
    jobs.reason,
    jobs.error,
    jobs.revision
from jobs
inner join hub.nodes
    on nodes.id = jobs.model
semi join lent_profiles using (nid)
where jobs.state <> 'done'
order by
    jobs.model,
    jobs.instrument nulls first,
    jobs.job

-- name: problems
-- Lists what could not be read as expected of the lent models.
select
    problems.model,
    problems.field,
    problems.problem,
    problems.value
from problems
inner join hub.nodes
    on nodes.id = problems.model
semi join lent_profiles using (nid)
order by
    problems.model,
    problems.field,
    problems.problem,
    problems.value

-- name: scores
-- Lists the scores of the lent models on the instruments named in $instruments, or with null on all, the current ones first, as the view `scores` has them, with the numbers of their instruments.
with chosen as materialized (
    select
        scored_names.number,
        scored_names.variant,
        nodes.id
    from hub.nodes
    inner join hub.scored_names
        on coalesce(scored_names.id, scored_names.repository) = nodes.id
    where nodes.nid in (
        select nid
        from lent_profiles
    )
),
known as (
    select
        id,
        sha,
        last_modified_at
    from hub.models
    where id in (
        select id
        from chosen
    )
)
select
    chosen.id as model,
    scores.instrument,
    scores.value,
    scores.stderr,
    scores.items,
    case
        when contradictory.score is not null
            then 'contradictory'
        else hub.score_state(
            scores.is_reported,
            scores.revision,
            scores.measured_at,
            known.sha,
            known.last_modified_at
        )
    end as state,
    scores.source,
    scores.origin,
    scores.run,
    scores.revision,
    scores.measured_at,
    standing.score is not null or contradictory.score is not null as is_standing,
    chosen.variant
from hub.scores
inner join chosen
    on chosen.number = scores.named
inner join hub.instruments
    on instruments.number = scores.instrument
left join known
    on known.id = chosen.id
left join hub.standing
    on standing.score = scores.number
    and standing.nid in (
        select nid
        from lent_profiles
    )
left join hub.contradictory
    on contradictory.score = scores.number
anti join hub.rejected_scores() as rejected_scores
    on rejected_scores.run = scores.run
where $instruments is null
    or list_contains(cast($instruments as varchar[]), instruments.name)
order by
    chosen.id,
    chosen.variant,
    is_standing desc,
    instruments.name,
    instruments.instrument,
    scores.measured_at desc nulls last,
    scores.run

-- name: signs
-- Lists all evidence of parents of the lent models, that of edges first.
with chosen as materialized (
    select nodes.id
    from hub.nodes
    semi join lent_profiles using (nid)
),
found as (
    from hub.evidence
    where child in (
        from chosen
    )
),
made as (
    select
        child,
        parent
    from hub.edges
    where child in (
        from chosen
    )
)
select
    evidence.child as model,
    evidence.parent,
    evidence.kind,
    evidence.relation,
    evidence.declared_as,
    evidence.resolution,
    evidence.confidence,
    evidence.rule,
    evidence.inferred,
    made.child is not null as is_edge,
    evidence.carried_over_from,
    evidence.first_seen_at,
    evidence.last_seen_at
from found as evidence
left join made
    on made.child = evidence.child
    and made.parent = evidence.parent
order by
    evidence.child,
    is_edge desc,
    evidence.parent,
    evidence.confidence desc,
    evidence.kind,
    evidence.declared_as

-- name: topics
-- Lists the domains of the lent models, the most certain first.
select
    domains.model,
    domains.domain,
    domains.basis,
    domains.confidence,
    domains.signals
from domains
inner join hub.nodes
    on nodes.id = domains.model
semi join lent_profiles using (nid)
order by
    domains.model,
    domains.confidence desc,
    domains.domain,
    domains.basis
