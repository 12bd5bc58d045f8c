-- name: add_items
-- Keeps the values of lent items of a recipe on an instrument, each once.
insert into hub.trial_items
select
    $trial as trial,
    lent_items.item,
    lent_items.value
from lent_items
anti join (
    select item
    from hub.trial_items
    where trial = $trial
) as known
    on known.item = lent_items.item

-- name: add_trials
-- Adds lent trials.
insert into hub.interventions
select
    *,
    $at as decided_at
from lent_trials

-- name: drop_trials
-- Removes what an earlier search of the same model against the same base within the same margin found.
delete from hub.interventions
where
    model = $model
    and base = $base
    and margin = $margin

-- name: find_runs
-- Returns the runs of an instrument on a commit of a model that have items and count: that of a job first, which may be the only one, then those measured here, then the latest.
select
    scores.run,
    scores.instrument
from scores
inner join instruments
    on instruments.instrument = scores.instrument
left join hub.jobs
    on
        jobs.run = scores.run
        and jobs.key = $key
where
    scores.model = $model
    and scores.variant = ''
    and scores.revision = $revision
    and instruments.name = $name
    and scores.has_items
    and scores.state = 'measured'
    and (jobs.run is not null or not $is_only)
order by
    jobs.run is not null desc,
    scores.source = $source desc,
    scores.measured_at desc nulls last,
    scores.run

-- name: list_items
-- Returns the values of a recipe on an instrument that are kept.
select
    item,
    value
from hub.trial_items
where trial = $trial

-- name: list_run_items
-- Returns the items of a run with their clusters, in the order of their names.
select
    item,
    value,
    cluster
from items
where run = $run
order by item
