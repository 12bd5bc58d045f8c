-- name: drift
-- Returns the drift of the lent models; equal rows of several kinds of ancestor are one, their kinds added: parent 1, scored ancestor 2, root 4.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    cast(bit_or(distinct case against when 'parent' then 1 when 'scored_ancestor' then 2 else 4 end) as integer) as against,
    members.nid as model,
    coalesce(reference.nid, -1) as reference,
    mine.number as instrument,
    coalesce(theirs.number, -1) as reference_instrument,
    coalesce(distance, -1) as distance,
    coalesce(delta, 'nan'::double) as delta,
    coalesce(ci_low, 'nan'::double) as ci_low,
    coalesce(ci_high, 'nan'::double) as ci_high,
    coalesce(q_value, 'nan'::double) as q_value,
    coalesce(q_equivalence, 'nan'::double) as q_equivalence,
    verdict,
    coalesce(pairing, '') as pairing,
    coalesce(method, '') as method,
    coalesce(drift.items, -1) as items,
    coalesce(minimum_detectable, 'nan'::double) as minimum_detectable,
    coalesce(at_risk, -1) as at_risk,
    coalesce(worsened, -1) as worsened,
    coalesce(recovered, -1) as recovered,
    coalesce(guard, '') as guard,
    coalesce(lineage_confidence, 'nan'::double) as lineage_confidence,
    margin,
    drift.template
from hub.drift
inner join members
    on members.id = drift.model
inner join hub.instruments as mine
    on mine.instrument = drift.instrument
left join hub.instruments as theirs
    on theirs.instrument = drift.reference_instrument
left join hub.nodes as reference
    on reference.id = drift.reference
group by all
order by
    model,
    mine.number,
    reference,
    against

-- name: edges
-- Returns the edges above the lent models, inferred ones if asked for: both ends, what decided it, and the number of its evidence.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    child.nid as child,
    parent.nid as parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    coalesce(edges.rule, '') as rule,
    coalesce(explorer_evidence.proof, -1) as proof
from hub.edges_with($inferred) as edges
inner join members as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
left join explorer_evidence
    on explorer_evidence.child = edges.child
        and explorer_evidence.parent = edges.parent
order by
    child.nid,
    parent.nid

-- name: jobs
-- Returns the jobs of the lent models that are queued, running, failed or skipped; finished jobs left their scores.
select
    nodes.nid as model,
    coalesce(jobs.instrument, '') as instrument,
    jobs.state,
    jobs.reason,
    coalesce(jobs.error, '') as error
from hub.jobs
inner join hub.nodes
    on nodes.id = jobs.model
where jobs.state <> 'done'
    and nodes.nid in (
        select nid
        from lent_members
    )
order by
    nodes.nid,
    jobs.number

-- name: models
-- Returns what the page shows of the lent models, in the order of their numbers; days count from 1970-01-01, -1 where unknown; domains are bits by their places in $domains.
with topics as (
    select
        domains.model as id,
        cast(bit_or(1 << (list_position($domains, domains.domain) - 1)) as integer) as domains
    from hub.domains
    where domains.confidence >= $confidence
    group by domains.model
)
select
    nodes.id,
    coalesce(date_diff('day', date '1970-01-01', cast(models.created_at as date)), -1) as created,
    coalesce(date_diff('day', date '1970-01-01', cast(models.last_modified_at as date)), -1) as changed,
    coalesce(models.downloads, -1) as downloads,
    coalesce(models.license, '') as licence,
    coalesce(models.library, '') as library,
    case
        when nodes.status = 'present' and hub.is_gated(models.gated)
            then 'gated'
        else nodes.status
    end as status,
    coalesce(topics.domains, 0) as domains
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid
left join hub.models
    on models.hub_id = nodes.hub_id
left join topics
    on topics.id = nodes.id
order by nodes.nid

-- name: number_evidence
-- Numbers what speaks for the edges above the lent models: edges of which the same is said have the same number.
-- In texts the parent's id stands as U+E000, so that most edges have the same. What a copied card declares is said of the
-- edge to the original, too. What weights say of an edge has no confidence, which is 0 there.
create or replace temp table explorer_evidence as
with members as (
    select nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
),
known as (
    from hub.evidence
    where evidence.child in (
        select id
        from members
    )
),
measured as (
    select
        edges.child,
        edges.parent,
        hub.weights_say(pairs.verdict, pairs.contradicts, pairs.p, edges.relation)
        || coalesce('; ' || pairs.findings, '') as said
    from hub.weight_pairs as pairs
    inner join hub.edges
        on edges.child in (pairs.a, pairs.b)
            and edges.parent in (pairs.a, pairs.b)
    where edges.child in (
        select id
        from members
    )
),
pieces as (
    select
        evidence.child,
        evidence.parent,
        list(
            struct_pack(
                kind := evidence.kind,
                relation := coalesce(evidence.relation, ''),
                resolution := case
                    when evidence.carried_over_from is null then evidence.resolution
                    else 'on a copied card'
                end,
                confidence := evidence.confidence,
                rule := coalesce(evidence.rule, ''),
                words := coalesce(replace(left(evidence.declared_as, 600), evidence.parent, chr(57344)), '')
            )
            order by
                evidence.kind,
                evidence.declared_as,
                evidence.confidence desc
        ) as pieces
    from (
        from known
        union all
        select * replace (carried_over_from as parent)
        from known
        where carried_over_from is not null
        union all by name
        select
            child,
            parent,
            'weights' as kind,
            said as resolution,
            0.0 as confidence
        from measured
        where said is not null
    ) as evidence
    group by
        evidence.child,
        evidence.parent
),
numbered as (
    select
        pieces,
        row_number() over (order by min((child, parent))) - 1 as proof
    from pieces
    group by pieces
)
select
    pieces.child,
    pieces.parent,
    pieces.pieces,
    numbered.proof
from pieces
inner join numbered
    on numbered.pieces = pieces.pieces

-- name: proofs
-- Returns the pieces of numbered evidence, at most $most of each number, in their order.
with sets as (
    select
        proof,
        any_value(pieces)[:$most] as pieces
    from explorer_evidence
    group by proof
),
placed as (
    select
        proof,
        unnest(range(len(pieces))) as place,
        unnest(pieces) as piece
    from sets
)
select
    proof,
    piece.kind as kind,
    piece.relation as relation,
    piece.resolution as resolution,
    piece.confidence as confidence,
    piece.rule as rule,
    piece.words as words
from placed
order by
    proof,
    place

-- name: repairs
-- Returns the recipes that repairs of the lent models tried: the shares that they keep, drift and loss in points, and what was decided; per base and margin those of the search first, from the largest change that is kept to the smallest.
select
    nodes.nid as model,
    frontiers.base,
    frontiers.attention,
    frontiers.rest,
    frontiers.safety_vector,
    frontiers.half,
    frontiers.margin,
    coalesce(frontiers.safety_drift, 'nan'::double) as drift,
    coalesce(frontiers.safety_low, 'nan'::double) as low,
    coalesce(frontiers.safety_high, 'nan'::double) as high,
    coalesce(frontiers.capability_loss, 'nan'::double) as loss,
    coalesce(frontiers.capability_low, 'nan'::double) as loss_low,
    coalesce(frontiers.capability_high, 'nan'::double) as loss_high,
    frontiers.items,
    frontiers.is_safe,
    frontiers.is_chosen
from frontiers
inner join hub.nodes
    on nodes.id = frontiers.model
where nodes.nid in (
    select nid
    from lent_members
)
order by
    nodes.nid,
    frontiers.base,
    frontiers.margin,
    frontiers.half desc,
    frontiers.safety_vector,
    frontiers.rest desc,
    frontiers.attention desc

-- name: scores
-- Returns every score of the lent models: as shares of the range, with where it comes from and which identity it has.
select
    scored_names.nid as model,
    scores.instrument,
    (scores.value - instruments.low) / (instruments.high - instruments.low) as value,
    coalesce(scores.stderr / (instruments.high - instruments.low), 'nan'::double) as stderr,
    coalesce(scores.items, -1) as items,
    scores.source,
    scored_names.variant as file,
    case
        when contradictory.score is not null
            then 'contradictory'
        else hub.score_state(
            scores.is_reported,
            scores.revision,
            scores.measured_at,
            models.sha,
            models.last_modified_at
        )
    end as state,
    coalesce(date_diff('day', date '1970-01-01', cast(scores.measured_at as date)), -1) as day,
    coalesce(left(scores.revision, 8), '') as revision,
    scored_names.variant = ''
    and (standing.score is not null or contradictory.score is not null) as is_standing
from hub.scores
inner join hub.scored_names
    on scored_names.number = scores.named
inner join hub.instruments
    on instruments.number = scores.instrument
left join hub.models
    on models.id = scored_names.id
left join hub.standing
    on standing.score = scores.number
left join hub.contradictory
    on contradictory.score = scores.number
anti join hub.rejected_scores() as rejected_scores
    on rejected_scores.run = scores.run
where scored_names.nid in (
    select nid
    from lent_members
)
order by
    scored_names.nid,
    instruments.slot,
    is_standing desc,
    scores.number
