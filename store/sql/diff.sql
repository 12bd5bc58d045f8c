-- name: attach_after
-- Attaches the newer of two databases, read-lone.
attach $path as after (read_only)

-- name: attach_before
-- Attaches the older of two databases, read-lone.
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

-- name: create_former_verdicts
-- Makes the table of the older verdicts that the newer database lacks or tells otherwise, by the names of today.
-- Most are in both: these are found by two hashes of all that is compared, in two thirds of the time of joining names.
create temp table former_verdicts as
with former as (
    select
        coalesce(names.current, drift.model) as model,
        drift.against,
        drift.instrument,
        coalesce(reference.current, drift.reference) as reference,
        drift.verdict,
        drift.delta,
        hash(
            coalesce(names.current, drift.model),
            drift.against,
            drift.instrument,
            coalesce(reference.current, drift.reference),
            drift.verdict
        ) as mark,
        hash(
            drift.verdict,
            coalesce(reference.current, drift.reference),
            drift.instrument,
            drift.against,
            coalesce(names.current, drift.model)
        ) as twin
    from before.hub.drift
    left join names
        on names.former = drift.model
    left join names as reference
        on reference.former = drift.reference
),
latter as (
    select
        hash(model, against, instrument, reference, verdict) as mark,
        hash(verdict, reference, instrument, against, model) as twin
    from after.hub.drift
),
lone as (
    from former
    anti join latter using (mark, twin)
)
select
    lone.model,
    lone.against,
    lone.instrument,
    lone.reference,
    lone.verdict,
    case when list_contains($turned, instruments.construct) then 0 - lone.delta else lone.delta end as delta
from lone
left join before.hub.instruments
    on instruments.instrument = lone.instrument

-- name: create_instruments
-- Makes the table of instruments that both databases know: the number of each in the older and in the newer one.
create temp table same_instruments as
select
    former.number as former,
    instruments.number as current
from before.hub.instruments as former
inner join after.hub.instruments using (instrument)

-- name: create_latter_verdicts
-- Makes the table of the newer verdicts that the older database lacks or tells otherwise.
create temp table latter_verdicts as
with former as (
    select
        hash(
            coalesce(names.current, drift.model),
            drift.against,
            drift.instrument,
            coalesce(reference.current, drift.reference),
            drift.verdict
        ) as mark,
        hash(
            drift.verdict,
            coalesce(reference.current, drift.reference),
            drift.instrument,
            drift.against,
            coalesce(names.current, drift.model)
        ) as twin
    from before.hub.drift
    left join names
        on names.former = drift.model
    left join names as reference
        on reference.former = drift.reference
),
latter as (
    select
        *,
        hash(model, against, instrument, reference, verdict) as mark,
        hash(verdict, reference, instrument, against, model) as twin
    from after.hub.drift
),
lone as (
    from latter
    anti join former using (mark, twin)
)
select
    lone.model,
    lone.against,
    lone.instrument,
    lone.reference,
    lone.verdict,
    case when list_contains($turned, instruments.construct) then 0 - lone.delta else lone.delta end as delta
from lone
left join after.hub.instruments
    on instruments.instrument = lone.instrument

-- name: create_models
-- Makes the table of models that differ: those of the same id that say something else, and those that only one database has.
create temp table model_pairs as
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
from before.hub.models as former
full join after.hub.models
    on models.id = former.id
where former.id is distinct from models.id
    or former.hub_id is distinct from models.hub_id
    or former.sha is distinct from models.sha
    or former.license is distinct from models.license
    or former.status is distinct from models.status

-- name: create_names
-- Makes the table of renamed models, as long as neither name belongs to another model.
create temp table names as
select
    former.old_id as former,
    model_pairs.id as current
from model_pairs as former
inner join model_pairs
    on model_pairs.hub_id = former.old_hub_id
where former.id is null
    and model_pairs.old_id is null

-- name: create_nodes
-- Makes the table of models with a current score that both databases know: the number of each in the older and in the newer one.
create temp table same_nodes as
select
    former.nid as former,
    nodes.nid as current
from before.hub.nodes as former
left join names
    on names.former = former.id
inner join after.hub.nodes
    on nodes.id = coalesce(names.current, former.id)
where former.nid in (
    select nid
    from before.hub.standing
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
        coalesce(names.current, model_pairs.old_id) as name,
        model_pairs.* exclude (id, hub_id, sha, license, status)
    from model_pairs
    left join names
        on names.former = model_pairs.old_id
    where model_pairs.old_id is not null
),
latter as (
    select
        id,
        hub_id,
        sha,
        license,
        status
    from model_pairs
    where id is not null
),
paired as (
    from former
    full join latter
        on latter.id = former.name
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
-- Numbers pair the scores; runs, names and values are looked up for those that may differ.
insert into differences
with former as (
    select
        standing.nid as old_nid,
        standing.instrument as old_instrument,
        standing.variant,
        standing.score,
        standing.state,
        same_nodes.current as nid,
        same_instruments.current as instrument
    from before.hub.standing
    left join same_nodes
        on same_nodes.former = standing.nid
    left join same_instruments
        on same_instruments.former = standing.instrument
),
met as (
    select
        former.old_nid,
        former.old_instrument,
        former.score as old_score,
        former.state as old_state,
        standing.nid,
        standing.instrument,
        standing.score,
        standing.state,
        coalesce(former.variant, standing.variant) as variant
    from former
    full join after.hub.standing
        on standing.nid = former.nid
        and standing.instrument = former.instrument
        and standing.variant = former.variant
    where former.state is distinct from standing.state
        or former.score is distinct from standing.score
        or former.score in (
            select former.number
            from before.hub.scores as former
            inner join after.hub.scores using (number)
            where former.run <> scores.run
        )
),
unlike as (
    select
        met.*,
        former.run as old_run,
        former.value as old_value,
        latter.run,
        latter.value,
        old_standing.claims as old_claims,
        old_standing.lowest as old_lowest,
        old_standing.highest as old_highest,
        standing.claims,
        standing.lowest,
        standing.highest
    from met
    left join before.hub.scores as former
        on former.number = met.old_score
    left join after.hub.scores as latter
        on latter.number = met.score
    left join before.hub.standing as old_standing
        on old_standing.nid = met.old_nid
        and old_standing.instrument = met.old_instrument
        and old_standing.variant = met.variant
        and old_standing.score = met.old_score
    left join after.hub.standing
        on standing.nid = met.nid
        and standing.instrument = met.instrument
        and standing.variant = met.variant
        and standing.score = met.score
    where former.run is distinct from latter.run
        or met.old_state is distinct from met.state
),
paired as (
    select
        coalesce(names.current, former_node.id, node.id) || unlike.variant as model,
        coalesce(former_instrument.instrument, instrument.instrument) as instrument,
        unlike.old_run,
        unlike.old_state,
        case
            when unlike.old_claims > 1
                then printf('%.6g and %.6g (%s)', unlike.old_lowest, unlike.old_highest, unlike.old_state)
            else printf('%.6g (%s, run %s)', unlike.old_value, unlike.old_state, unlike.old_run)
        end as old_score,
        unlike.run,
        unlike.state,
        case
            when unlike.claims > 1
                then printf('%.6g and %.6g (%s)', unlike.lowest, unlike.highest, unlike.state)
            else printf('%.6g (%s, run %s)', unlike.value, unlike.state, unlike.run)
        end as score
    from unlike
    left join before.hub.nodes as former_node
        on former_node.nid = unlike.old_nid
    left join names
        on names.former = former_node.id
    left join before.hub.instruments as former_instrument
        on former_instrument.number = unlike.old_instrument
    left join after.hub.nodes as node
        on node.nid = unlike.nid
    left join after.hub.instruments as instrument
        on instrument.number = unlike.instrument
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
-- A model may have several, about ancestors as near as each other: those about the same ancestor belong together, and
-- of the rest, except about parents, the first to the first.
insert into differences
with compared as (
    select
        coalesce(former.model, latter.model) as model,
        coalesce(former.against, latter.against) as against,
        coalesce(former.instrument, latter.instrument) as instrument,
        coalesce(former.reference, latter.reference) as reference,
        former.verdict as old_verdict,
        former.verdict || coalesce(' than ' || former.reference, '') || coalesce(printf(' (%+.2f)', former.delta), '')
            as old_words,
        latter.verdict,
        latter.verdict || coalesce(' than ' || latter.reference, '') || coalesce(printf(' (%+.2f)', latter.delta), '')
            as words
    from former_verdicts as former
    full join latter_verdicts as latter
        on latter.model = former.model
        and latter.against = former.against
        and latter.instrument = former.instrument
        and latter.reference is not distinct from former.reference
    where former.verdict is distinct from latter.verdict
),
alone as materialized (
    select
        *,
        case when against <> 'parent'
            then row_number() over (
                partition by
                    model,
                    against,
                    instrument,
                    old_verdict is null
                order by reference
            )
        end as turn
    from compared
    where old_verdict is null
        or verdict is null
),
paired as (
    select
        model,
        instrument || ' against ' || against as what,
        old_verdict,
        old_words,
        verdict,
        words
    from compared
    where old_verdict is not null
        and verdict is not null
    union all by name
    select
        coalesce(gone.model, come.model) as model,
        coalesce(gone.instrument, come.instrument) || ' against ' || coalesce(gone.against, come.against) as what,
        gone.old_verdict,
        gone.old_words,
        come.verdict,
        come.words
    from (
        from alone
        where verdict is null
    ) as gone
    full join (
        from alone
        where old_verdict is null
    ) as come
        on come.model = gone.model
        and come.against = gone.against
        and come.instrument = gone.instrument
        and come.turn = gone.turn
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
