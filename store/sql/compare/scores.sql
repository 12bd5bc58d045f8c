-- Notes of which models and instruments the score that speaks is new, gone, another run, or in another state.
insert into differences
with former as (
    select
        coalesce(names.current, nodes.id) as model,
        instruments.instrument,
        scores.value,
        scores.run,
        standing.state
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
        nodes.id as model,
        instruments.instrument,
        scores.value,
        scores.run,
        standing.state
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
        printf('%.6g (%s, run %s)', former.value, former.state, former.run) as old_score,
        latter.run,
        latter.state,
        printf('%.6g (%s, run %s)', latter.value, latter.state, latter.run) as score
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
