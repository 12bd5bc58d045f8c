-- name: add_items
-- Keeps the lent results of items of a job, but those that are kept already; returns the new ones.
insert into hub.job_items
select distinct on (item)
    $key as key,
    item,
    value,
    cluster,
    nullif(reply_length, -1) as reply_length
from lent_items
anti join (
    select item
    from hub.job_items
    where key = $key
) using (item)
returning item

-- name: add_jobs
-- Adds the jobs that are lent.
insert into hub.jobs by name
select
    number,
    key,
    model,
    revision,
    folder,
    base,
    base_revision,
    base_folder,
    family,
    nullif(instrument, '') as instrument,
    nullif(definition, '') as definition,
    engine,
    item_limit,
    options,
    state,
    priority,
    reason,
    policy,
    expected_seconds,
    copy_of,
    0 as attempts,
    0 as fruitless,
    0 as items_done,
    false as is_stopped_early,
    $at as created_at,
    $at as changed_at
from lent_jobs

-- name: attempt_items
-- Returns how many items the running attempt at a job gave.
select items
from hub.attempts
where
    job = $number
    and outcome = 'running'

-- name: begin_attempt
-- Notes that a worker begins a job.
insert into hub.attempts by name
select
    number as job,
    (select count(*) from hub.attempts where job = $number) + 1 as attempt,
    model,
    revision,
    instrument,
    engine,
    $place as place,
    $at as started_at,
    0 as items,
    0 as run_seconds,
    0 as seconds,
    expected_seconds,
    'running' as outcome
from hub.jobs
where number = $number

-- name: clear
-- Forgets the lent jobs; what they cost is kept.
delete from hub.jobs
where number in (select number from lent_numbers)

-- name: count_attempt
-- Counts that a job was begun.
update hub.jobs
set attempts = attempts + 1
where number = $number

-- name: count_fruitless
-- Counts that an attempt at a job gave no result of an item, or forgets such attempts; returns how many there were in a row.
update hub.jobs
set fruitless = case when $is_fruitless then fruitless + 1 else 0 end
where number = $number
returning fruitless

-- name: count_jobs
-- Counts jobs by state.
select
    state,
    count(*) as jobs
from hub.jobs
group by state

-- name: count_ready
-- Returns how many jobs are queued, and how many items they have left as far as anybody knows.
select
    count(*) as jobs,
    coalesce(sum(coalesce(items_total, item_limit) - items_done), 0) as items
from hub.jobs
where
    state = 'queued'
    and ($engines::varchar[] is null or list_contains($engines, engine))
    and ($only::integer[] is null or list_contains($only, number))
    and (not list_contains($unserved::varchar[], engine) or options ->> 'url' <> '')
    and not list_contains($but::integer[], number)

-- name: drop_items
-- Forgets what is kept of the items of the lent specs.
delete from hub.job_items
where key in (select key from lent_specs)

-- name: drop_replies
-- Forgets what is kept of the replies of the lent specs.
delete from hub.job_replies
where key in (select key from lent_specs)

-- name: end_attempt
-- Ends the running attempts at a job; the time since the last items counts unless nobody saw it.
update hub.attempts
set
    outcome = $outcome,
    error = $error,
    traceback = $traceback,
    ended_at = $ended_at,
    seconds = coalesce(epoch($ended_at - started_at), seconds)
where
    job = $number
    and outcome = 'running'

-- name: extend_lease
-- Lets a lease last longer.
update hub.jobs
set lease_expires_at = $expires_at
where
    state = 'leased'
    and lease_owner = $owner
    and lease = $lease

-- name: family_engines
-- Returns the engine that has or had most jobs of a family on an instrument, of those that have a score or wait for one.
select
    family,
    instrument,
    mode(engine order by engine) as engine
from hub.jobs
where
    instrument is not null
    and not is_stopped_early
    and state in ('queued', 'leased', 'done')
group by
    family,
    instrument
order by
    family,
    instrument

-- name: forget_skips
-- Forgets that the lent models are skipped on every instrument, but where that is told again.
delete from hub.jobs
where
    state = 'skipped'
    and instrument is null
    and error is null
    and model in (select model from lent_models)
    and key not in (select key from lent_specs)

-- name: jobs
-- Returns jobs by their numbers.
select
    number,
    model,
    revision,
    folder,
    base,
    base_revision,
    base_folder,
    coalesce(instrument, '') as instrument,
    coalesce(definition, '') as definition,
    engine,
    item_limit,
    options,
    state,
    family,
    attempts,
    items_done,
    items_total,
    error
from hub.jobs
inner join lent_numbers using (number)
order by number

-- name: keep_replies
-- Keeps the lent replies of items of a job, but those that are kept already.
insert into hub.job_replies
select
    $key as key,
    item,
    any_value(reply) as reply
from lent_replies
anti join (
    select item
    from hub.job_replies
    where key = $key
) using (item)
group by item

-- name: known_jobs
-- Returns which of the lent specs are in the queue already, each with its number, its state and whether a person cancelled it.
select
    key,
    number,
    state,
    error is not null as is_cancelled
from hub.jobs
semi join lent_specs using (key)

-- name: link_items
-- Gives a score the items of another.
insert into hub.items by name
select
    $number as score,
    item,
    value,
    cluster,
    reply_length
from hub.items
where score = $score

-- name: link_score
-- Gives a model the score of another whose weights are identical.
insert into hub.scores by name
select
    $number as number,
    $run as run,
    $named as named,
    instrument,
    $revision as revision,
    value,
    stderr,
    items,
    has_items,
    reply_length,
    'lineage' as source,
    $origin as origin,
    run_name,
    false as is_reported,
    measured_at,
    $at as imported_at,
    $at as last_read_at
from hub.scores
where number = $score

-- name: list_done_items
-- Returns the names of the items of a job whose results are kept.
select item
from hub.job_items
where key = $key

-- name: list_in_states
-- Returns the jobs that are in some states.
select
    number,
    key
from hub.jobs
where list_contains($states, state)

-- name: list_item_table
-- Returns every item of every score that was measured here, in the columns of a table that can be imported.
select
    scores.model,
    instruments.name as instrument,
    items.item,
    items.value,
    items.cluster,
    items.reply_length,
    scores.run_name as run,
    scores.revision,
    instruments.scorer,
    instruments.judge,
    instruments.judge_prompt_hash,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype,
    scores.source,
    scores.measured_at
from scores
inner join instruments
    on instruments.instrument = scores.instrument
inner join items
    on items.run = scores.run
where scores.source = $source
order by
    scores.model,
    instruments.name,
    scores.run,
    items.item

-- name: list_items
-- Returns what is kept of the items of a job, in the order of their names.
select
    item,
    value,
    cluster,
    reply_length
from hub.job_items
where key = $key
order by item

-- name: list_jobs
-- Lists jobs in some states, what works first, then what is next, what failed, and the rest, the latest first.
from jobs
where $states::varchar[] is null or list_contains($states, state)
order by
    list_position(['leased', 'queued', 'failed', 'done', 'skipped'], state),
    case when state = 'queued' then priority end,
    changed_at desc,
    job
limit case when $limit = 0 then null else $limit end

-- name: list_leased
-- Returns the jobs that are leased to a process, or to any other; where a time is given, those whose lease had run out then.
select number
from hub.jobs
where
    state = 'leased'
    and (lease_owner = $owner) = $is_ours
    and ($at::timestamptz is null or lease_expires_at <= $at)
order by number

-- name: list_links
-- Returns the skipped exact copies of models that are measured, with the scores that speak for those: each instrument's latest.
select distinct
    jobs.model,
    jobs.revision,
    jobs.copy_of,
    scores.number as score,
    scores.run
from hub.jobs
inner join hub.scored_names
    on coalesce(scored_names.id, scored_names.named) = jobs.copy_of
    and scored_names.variant = ''
inner join hub.scores
    on scores.named = scored_names.number
inner join hub.instruments
    on instruments.number = scores.instrument
    and instruments.name = coalesce(jobs.instrument, instruments.name)
where
    jobs.state = 'skipped'
    and not scores.is_reported
qualify row_number() over (
    partition by jobs.number, scores.instrument
    order by
        scores.has_items desc,
        scores.measured_at desc nulls last,
        scores.number desc
) = 1
order by
    jobs.model,
    score

-- name: list_ready
-- Returns queued jobs of the family of the most urgent one, the most urgent chosen, in an order in which what is loaded is used again.
with ready as (
    from hub.jobs
    where
        state = 'queued'
        and ($engines::varchar[] is null or list_contains($engines, engine))
        and ($only::integer[] is null or list_contains($only, number))
        and (not list_contains($unserved::varchar[], engine) or options ->> 'url' <> '')
        and not list_contains($but::integer[], number)
),
urgent as (
    select
        family,
        engine
    from ready
    order by
        priority,
        number
    limit 1
),
chosen as (
    from ready
    semi join urgent using (family, engine)
    order by
        priority,
        number
    limit $most
)
select number
from chosen
order by
    coalesce(base, model) <> family,
    coalesce(base, model),
    base is not null,
    model,
    instrument,
    number

-- name: measured_costs
-- Returns what the items of finished attempts with some engines took, with their tokens where counted, and the weights that ran, those of an adapter's base included.
select
    attempts.instrument,
    coalesce(base_models.parameters, 0) + coalesce(models.parameters, 0) as parameters,
    attempts.items,
    attempts.tokens,
    attempts.run_seconds
from hub.attempts
inner join hub.jobs
    on jobs.number = attempts.job
inner join models
    on models.id = jobs.model
left join models as base_models
    on base_models.id = jobs.base
where
    attempts.outcome = 'done'
    and list_contains($engines, attempts.engine)
    and attempts.items > 0
    and attempts.run_seconds > 0
    and coalesce(attempts.tokens, 1) > 0
    and coalesce(base_models.parameters, models.parameters) > 0
order by attempts.started_at

-- name: measured_tokens
-- Returns how many tokens an item of each instrument usually has, by the finished attempts that counted them.
select
    instrument,
    median(tokens / items) as tokens_per_item
from hub.attempts
where
    outcome = 'done'
    and items > 0
    and tokens > 0
group by instrument
order by instrument

-- name: model_facts
-- Returns of a model its commit, its root, and where it is an adapter its likeliest base with that one's commit.
select
    models.revision,
    coalesce(families.root, models.id) as family,
    bases.parent as base,
    base_models.revision as base_revision
from models
left join families
    on families.model = models.id
left join (
    select
        child,
        arg_max(parent, confidence) as parent
    from edges
    where relation = 'adapter'
    group by child
) as bases
    on bases.child = models.id
left join models as base_models
    on base_models.id = bases.parent
where models.id = $id

-- name: move
-- Puts those of the lent jobs that are in one of some states into another, without a lease unless they are leased, and returns them.
update hub.jobs
set
    state = $after,
    changed_at = $at,
    lease_owner = case when $after = 'leased' then lease_owner end,
    lease = case when $after = 'leased' then lease end,
    lease_expires_at = case when $after = 'leased' then lease_expires_at end
where
    number in (select number from lent_numbers)
    and list_contains($befores, state)
returning number

-- name: next_jobs
-- Returns so many numbers that no job has or had.
select nextval('hub.job_numbers') as number
from range($count)
order by number

-- name: note_cost
-- Notes what the running attempt at a job cost until now.
update hub.attempts
set
    items = items + $items,
    run_seconds = run_seconds + $run_seconds,
    tokens = coalesce(tokens + $tokens, tokens, $tokens),
    seconds = epoch($at - started_at)
where
    job = $number
    and outcome = 'running'

-- name: note_decision
-- Writes what was decided when a job was stopped early.
update hub.jobs
set decision = $decision
where number = $number

-- name: note_error
-- Writes what the lent jobs failed of; null forgets it.
update hub.jobs
set error = $error
where number in (select number from lent_numbers)

-- name: note_items
-- Notes how many items of a job are kept, and how many it has.
update hub.jobs
set
    items_done = (select count(*) from hub.job_items where key = $key),
    items_total = coalesce($total, items_total)
where key = $key

-- name: note_result
-- Writes what came of a job.
update hub.jobs
set
    value = $value,
    weights_hash = $weights_hash,
    is_stopped_early = $is_stopped_early,
    run = $run,
    error = null
where number = $number

-- name: queue_state
-- Returns whether the queue is paused, and whether drift follows from all scores that are here.
select
    is_paused,
    is_drift_current
from hub.queue

-- name: reference_items
-- Returns the items of the nearest ancestor of a model that the queue measured in full with the same task, in the order of their names.
with recursive above as (
    select
        parent as model,
        1 as distance
    from edges
    where child = $model
    union
    select
        edges.parent as model,
        above.distance + 1 as distance
    from edges
    inner join above
        on above.model = edges.child
    where above.distance < $generations
),
reference as (
    select run
    from scores
    inner join above using (model)
    inner join instruments using (instrument)
    where
        instruments.name = $instrument
        and scores.run_name = $definition
        and scores.source = $source
        and scores.has_items
    order by
        above.distance,
        scores.measured_at desc,
        scores.run
    limit 1
)
select
    items.item,
    items.value
from items
semi join reference using (run)
order by items.item

-- name: relative_items
-- Returns the items of other models of a job's family that its engine measured in full with the same task before the job began, those of the latest runs.
with relatives as (
    select distinct
        scores.run,
        scores.measured_at
    from scores
    inner join hub.jobs
        on jobs.run = scores.run
    where
        jobs.family = $family
        and jobs.model <> $model
        and jobs.instrument = $instrument
        and jobs.definition = $definition
        and jobs.engine = $engine
        and scores.has_items
        and scores.measured_at < (
            select min(attempts.started_at)
            from hub.attempts
            where attempts.job = $number
        )
    order by
        scores.measured_at desc,
        scores.run
    limit $most
)
select
    items.run,
    items.item,
    items.value
from items
semi join relatives using (run)
order by
    items.run,
    items.item

-- name: set_drift_current
-- Notes whether drift follows from all scores that are here.
update hub.queue
set is_drift_current = $is_current

-- name: set_lease
-- Writes whose the lent jobs are, and until when.
update hub.jobs
set
    lease_owner = $owner,
    lease = $lease,
    lease_expires_at = $expires_at
where number in (select number from lent_numbers)

-- name: set_paused
-- Pauses the queue, or lets it go on.
update hub.queue
set is_paused = $is_paused

-- name: start_over
-- Lets the lent jobs be begun as often as new ones.
update hub.jobs
set
    attempts = 0,
    fruitless = 0,
    error = null,
    is_stopped_early = false,
    reason = coalesce($reason, reason)
where number in (select number from lent_numbers)

-- name: tell_skips
-- Writes the present reasons of the lent specs that are skipped; what a person cancelled keeps its own.
update hub.jobs
set reason = lent_specs.reason
from lent_specs
where
    lent_specs.key = jobs.key
    and jobs.state = 'skipped'
    and jobs.error is null
