-- name: attach_after
-- Attaches the newer of two databases, read-only.
attach $path as after (read_only)

-- name: attach_before
-- Attaches the older of two databases, read-only.
attach $path as before (read_only)

-- name: count_differences
-- Counts the differences by kind, of some kinds if any are named.
select
    kind,
    count(*) as differences
from differences
where $kinds is null
    or list_contains($kinds, kind)
group by kind
order by list_position($order, kind)

-- name: create_differences
-- Makes the table of differences: one row per kind and thing, with the value before and after.
create temp table differences (
    kind varchar not null,
    model varchar not null,
    what varchar,
    before varchar,
    after varchar
)

-- name: create_names
-- Makes the table of renamed models, as long as neither name belongs to another model.
create temp table names as
select
    former.id as former,
    models.id as current
from before.hub.models as former
inner join after.hub.models as models using (hub_id)
where former.id <> models.id
    and not exists (
        select 1
        from before.hub.models as taken
        where taken.id = models.id
    )
    and not exists (
        select 1
        from after.hub.models as taken
        where taken.id = former.id
    )

-- name: edges
-- Adds the edges that are new or gone, and those with another relation, evidence or confidence.
insert into differences
with former as (
    select
        coalesce(child.current, edges.child) as child,
        coalesce(parent.current, edges.parent) as parent,
        edges.relation,
        edges.evidence,
        edges.confidence
    from before.hub.edges
    left join names as child
        on child.former = edges.child
    left join names as parent
        on parent.former = edges.parent
),
paired as (
    select
        coalesce(former.child, edges.child) as child,
        coalesce(former.parent, edges.parent) as parent,
        former.relation as old_relation,
        former.evidence as old_evidence,
        former.confidence as old_confidence,
        edges.relation,
        edges.evidence,
        edges.confidence
    from former
    full join after.hub.edges
        on edges.child = former.child
        and edges.parent = former.parent
    where former.relation is distinct from edges.relation
        or former.evidence is distinct from edges.evidence
        or former.confidence is distinct from edges.confidence
)
select
    'edge_new',
    child,
    parent,
    null,
    relation || ' by ' || evidence
from paired
where old_relation is null
union all
select
    'edge_gone',
    child,
    parent,
    old_relation || ' by ' || old_evidence,
    null
from paired
where relation is null
union all
select
    'relation',
    child,
    parent,
    old_relation,
    relation
from paired
where old_relation <> relation
union all
select
    'evidence',
    child,
    parent,
    old_evidence,
    evidence
from paired
where old_evidence <> evidence
union all
select
    'confidence',
    child,
    parent,
    cast(old_confidence as varchar),
    cast(confidence as varchar)
from paired
where old_confidence <> confidence

-- name: list_differences
-- Lists the differences, of some kinds if any are named, by kind and then by model.
select
    kind,
    model,
    what,
    before,
    after
from differences
where $kinds is null
    or list_contains($kinds, kind)
order by
    list_position($order, kind),
    model,
    what,
    before,
    after
limit $limit

-- name: models
-- Adds the models that are new, gone, renamed or recreated, and those with another commit, licence or status.
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

-- name: scores
-- Adds the models and instruments whose current score is new, gone, from another run, or in another state.
insert into differences
with former as (
    select
        coalesce(names.current, nodes.id) || standing.variant as model,
        instruments.instrument,
        scores.value,
        scores.run,
        standing.state,
        standing.claims,
        standing.lowest,
        standing.highest
    from before.hub.standing
    inner join before.hub.nodes
        on nodes.nid = standing.nid
    inner join before.hub.instruments
        on instruments.number = standing.instrument
    inner join before.hub.scores
        on scores.number = standing.score
    left join names
        on names.former = nodes.id
),
latter as (
    select
        nodes.id || standing.variant as model,
        instruments.instrument,
        scores.value,
        scores.run,
        standing.state,
        standing.claims,
        standing.lowest,
        standing.highest
    from after.hub.standing
    inner join after.hub.nodes
        on nodes.nid = standing.nid
    inner join after.hub.instruments
        on instruments.number = standing.instrument
    inner join after.hub.scores
        on scores.number = standing.score
),
paired as (
    select
        coalesce(former.model, latter.model) as model,
        coalesce(former.instrument, latter.instrument) as instrument,
        former.run as old_run,
        former.state as old_state,
        case
            when former.claims > 1
                then printf('%.6g and %.6g (%s)', former.lowest, former.highest, former.state)
            else printf('%.6g (%s, run %s)', former.value, former.state, former.run)
        end as old_score,
        latter.run,
        latter.state,
        case
            when latter.claims > 1
                then printf('%.6g and %.6g (%s)', latter.lowest, latter.highest, latter.state)
            else printf('%.6g (%s, run %s)', latter.value, latter.state, latter.run)
        end as score
    from former
    full join latter
        on latter.model = former.model
        and latter.instrument = former.instrument
    where former.run is distinct from latter.run
        or former.state is distinct from latter.state
)
select
    'score_new',
    model,
    instrument,
    null,
    score
from paired
where old_run is null
union all
select
    'score_gone',
    model,
    instrument,
    old_score,
    null
from paired
where run is null
union all
select
    'score',
    model,
    instrument,
    old_score,
    score
from paired
where old_run <> run
union all
select
    'score_state',
    model,
    instrument,
    old_state,
    state
from paired
where old_run = run
    and old_state <> state

-- name: verdicts
-- Adds the verdicts on drift that are new, gone or different, or about another ancestor, with the points as people read them.
insert into differences
with former as (
    select
        coalesce(names.current, drift.model) as model,
        drift.against,
        drift.instrument,
        coalesce(reference.current, drift.reference) as reference,
        drift.verdict,
        case when list_contains($turned, instruments.construct) then 0 - drift.delta else drift.delta end as delta
    from before.hub.drift
    left join before.hub.instruments
        on instruments.instrument = drift.instrument
    left join names
        on names.former = drift.model
    left join names as reference
        on reference.former = drift.reference
),
paired as (
    select
        coalesce(former.model, drift.model) as model,
        coalesce(former.instrument, drift.instrument) || ' against ' || coalesce(former.against, drift.against) as what,
        former.verdict as old_verdict,
        former.verdict || coalesce(' than ' || former.reference, '') || coalesce(printf(' (%+.2f)', former.delta), '')
            as old_words,
        drift.verdict,
        drift.verdict || coalesce(' than ' || drift.reference, '') || coalesce(printf(' (%+.2f)', drift.delta), '')
            as words
    from former
    full join (
        select
            drift.* replace (
                case when list_contains($turned, instruments.construct) then 0 - drift.delta else drift.delta end as delta
            )
        from after.hub.drift
        left join after.hub.instruments
            on instruments.instrument = drift.instrument
    ) as drift
        on drift.model = former.model
        and drift.against = former.against
        and drift.instrument = former.instrument
        and (drift.against <> 'parent' or drift.reference is not distinct from former.reference)
    where former.verdict is distinct from drift.verdict
        or former.reference is distinct from drift.reference
)
select
    'verdict_new',
    model,
    what,
    null,
    words
from paired
where old_verdict is null
union all
select
    'verdict_gone',
    model,
    what,
    old_words,
    null
from paired
where verdict is null
union all
select
    'verdict',
    model,
    what,
    old_words,
    words
from paired
where old_verdict is not null
    and verdict is not null
