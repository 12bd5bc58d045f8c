-- name: add_instruments
-- Adds the identities that are lent.
insert into hub.instruments by name
from lent_instruments

-- name: add_items
-- Adds the items of one score; a reply length under 0 is unknown.
insert into hub.items
select
    $score,
    item,
    value,
    cluster,
    case when reply_length >= 0 then reply_length end
from lent_items

-- name: add_names
-- Adds the lent names of models; they are linked later.
insert into hub.scored_names
select
    number,
    named,
    repository,
    variant,
    null,
    null
from lent_scored_names

-- name: add_noise_floor
-- Adds the lent noise floor where it is not here already, and returns its key if it was added.
insert into hub.noise_floors by name
select
    *,
    $measured_at as measured_at
from lent_noise_floors
anti join hub.noise_floors using (measurement)
returning measurement

-- name: add_rejection
-- Adds what a person says about the score of a run.
insert into hub.score_rejections
values
    ($run, $is_rejected, $note, $made_at)

-- name: add_rescored
-- Adds which run scored the replies of which other.
insert into hub.rescored by name
select
    run,
    original
from lent_rescored

-- name: add_scorer_agreement
-- Adds the lent calibration where it is not here already, and returns its key if it was added.
insert into hub.calibrations by name
select
    *,
    $measured_at as measured_at
from lent_calibrations
anti join hub.calibrations using (calibration)
returning calibration

-- name: add_scores
-- Adds the scores that are lent.
insert into hub.scores by name
select
    number,
    run,
    named,
    instrument,
    revision,
    value,
    stderr,
    items,
    has_items,
    reply_length,
    source,
    origin,
    run_name,
    is_reported,
    measured_at,
    $imported_at as imported_at,
    $imported_at as last_read_at
from lent_scores

-- name: asked_run
-- Returns the facts of the run that asked for the replies which a run scored: itself, or the one that it scored again.
select
    scores.run,
    scores.named as model,
    scores.revision,
    scores.instrument,
    scores.origin,
    scores.run_name,
    scores.measured_at
from scores
left join hub.rescored
    on rescored.run = $run
where scores.run = coalesce(rescored.original, $run)

-- name: count_coverage
-- Counts the selected models, and the files that were named, by what is known of their scores: measured, reported, contradictory, stale or unscored.
select
    coalesce(best.state, 'unscored') as state,
    count(*) as models
from (
    select
        nid,
        '' as variant
    from lent_selected
    anti join lent_variants using (nid)
    union all
    from lent_variants
)
left join (
    select
        nid,
        variant,
        arg_min(state, list_position($states, state)) as state
    from hub.standing
    group by
        nid,
        variant
) as best using (nid, variant)
group by all

-- name: count_instrument_domains
-- Counts for each instrument and domain the models of the domain with a current score on the instrument.
select
    instruments.name,
    domains.domain,
    count(distinct standing.nid) as models
from hub.instruments
inner join hub.standing
    on standing.instrument = instruments.number
inner join hub.nodes using (nid)
inner join hub.domains
    on domains.model = nodes.id
where domains.confidence >= $confidence
group by all

-- name: count_instruments
-- Counts for each instrument its identities, the models with a current score, and how many of these are measured.
select
    instruments.name,
    count(distinct instruments.number) as identities,
    count(distinct standing.nid) as models,
    count(distinct standing.nid) filter (where standing.state = $measured) as measured
from hub.instruments
left join hub.standing
    on standing.instrument = instruments.number
group by instruments.name

-- name: count_scores
-- Returns how many scores there are.
select count(*)
from hub.scores

-- name: count_unknown
-- Counts the scored models that are not stored under the name in their scores.
select count(*)
from hub.scored_names
where id is null

-- name: coverage
-- Lists the selected models, each followed by its files that have scores, or those that were named, with what they were measured on: instruments that are measured, only reported, contradictory or stale.
-- What was measured is gathered for the listed ones alone.
with standing as (
    select
        nid,
        variant,
        state,
        instrument,
        score
    from hub.standing
    semi join lent_selected using (nid)
),
best as (
    select
        nid,
        variant,
        arg_min(state, list_position($states, state)) as state
    from standing
    group by
        nid,
        variant
),
selected as (
    select
        nid,
        '' as variant
    from lent_selected
    anti join lent_variants using (nid)
    union all
    select
        nid,
        variant
    from best
    anti join lent_variants using (nid)
    where variant <> ''
    union all
    from lent_variants
),
listed as materialized (
    select
        selected.nid,
        selected.variant,
        nodes.id,
        nodes.status,
        coalesce(best.state, 'unscored') as state,
        models.downloads
    from selected
    inner join hub.nodes using (nid)
    left join best using (nid, variant)
    left join hub.models using (hub_id)
    where $state is null
        or $state = coalesce(best.state, 'unscored')
    order by
        models.downloads desc nulls last,
        nodes.id,
        selected.variant
    limit $limit
),
gathered as (
    select
        standing.nid,
        standing.variant,
        list_sort(list_distinct(list(instruments.name) filter (where standing.state = 'measured'))) as measured,
        list_sort(list_distinct(list(instruments.name) filter (where standing.state = 'reported'))) as reported,
        list_sort(list_distinct(list(instruments.name) filter (where standing.state = 'contradictory')))
            as contradictory,
        list_sort(list_distinct(list(instruments.name) filter (where standing.state = 'stale'))) as stale,
        list_sort(list_distinct(list(instruments.construct) filter (where standing.state = 'measured'))) as constructs,
        list_sort(list_distinct(list(scores.source))) as sources,
        max(scores.measured_at) as measured_at
    from standing
    semi join listed using (nid, variant)
    inner join hub.instruments
        on instruments.number = standing.instrument
    inner join hub.scores
        on scores.number = standing.score
    group by
        standing.nid,
        standing.variant
)
select
    listed.id || listed.variant as model,
    listed.state,
    coalesce(gathered.measured, []) as measured,
    coalesce(gathered.reported, []) as reported,
    coalesce(gathered.contradictory, []) as contradictory,
    coalesce(gathered.stale, []) as stale,
    coalesce(gathered.constructs, []) as constructs,
    coalesce(gathered.sources, []) as sources,
    gathered.measured_at,
    listed.downloads,
    listed.status
from listed
left join gathered using (nid, variant)
order by
    listed.downloads desc nulls last,
    listed.id,
    listed.variant

-- name: drop_items
-- Deletes the items of a run.
delete from hub.items
where score in (select number from hub.scores where run = $run)

-- name: drop_rejections
-- Deletes what people said about a run.
delete from hub.score_rejections
where run = $run

-- name: drop_replies
-- Deletes the replies of a run.
delete from hub.replies
where score in (select number from hub.scores where run = $run)

-- name: drop_rescored
-- Forgets whose replies a run scored.
delete from hub.rescored
where run = $run

-- name: drop_score
-- Deletes the score of a run; returns the number of the named model.
delete from hub.scores
where run = $run
returning named

-- name: find_run
-- Returns the score of the run that starts with the given digits, or of all that do.
select
    run,
    model || variant as model,
    instrument,
    value,
    origin
from scores
where starts_with(run, $run)
order by run

-- name: judged_rates
-- Returns the current rates of the selected models, or of all, that a judge or rules found, judges of the same replies beside each other.
select
    scores.model || scores.variant as model,
    identities.number,
    (scores.value - identities.low) / (identities.high - identities.low) as rate,
    scores.items,
    scores.state
from scores
inner join hub.instruments as identities using (instrument)
left join hub.nodes
    on nodes.id = scores.model
where scores.is_standing
    and scores.items > 0
    and scores.state <> 'contradictory'
    and identities.scale = 'rate'
    and (identities.judge is not null or starts_with(identities.scorer, $rules))
    and (
        not $is_selected
        or nodes.nid in (from lent_selected)
    )
order by
    scores.model || scores.variant,
    identities.name,
    identities.template nulls first,
    identities.decoding nulls first,
    identities.judge nulls first,
    identities.instrument

-- name: known_instruments
-- Returns the identities that are known: what they mean, their number, slot and range.
select
    instrument,
    name,
    construct,
    direction,
    number,
    slot,
    low,
    high
from hub.instruments

-- name: known_names
-- Returns which of the lent names of models have a number, with it.
select
    scored_names.named,
    scored_names.number
from hub.scored_names
semi join lent_scored_names using (named)

-- name: known_runs
-- Returns which of the lent runs are here already.
select run
from hub.scores
semi join lent_runs using (run)

-- name: list_files
-- Returns the files of a repository that have scores of their own.
select distinct variant
from scores
where model = $id
    and variant <> ''
order by variant

-- name: list_replies
-- Returns the replies of a run in the order of their items, with the whole length of each and its cluster.
select
    replies.item,
    replies.reply,
    coalesce(items.reply_length, length(replies.reply)) as reply_length,
    items.cluster,
    replies.is_cut
from replies
left join items
    on
        items.run = $run
        and items.item = replies.item
where replies.run = $run
order by replies.item

-- name: list_scores
-- Lists the scores of the selected models, and of unknown models if all are asked for; the current ones first.
select
    scores.model || scores.variant as model,
    instruments.name,
    instruments.construct,
    scores.value,
    scores.stderr,
    scores.items,
    scores.state,
    scores.source,
    scores.measured_at,
    scores.revision,
    scores.instrument,
    instruments.scorer,
    instruments.judge,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype,
    scores.has_items,
    scores.is_standing,
    scores.is_known,
    scores.origin,
    scores.run,
    scores.imported_at,
    scores.note
from scores
inner join instruments using (instrument)
left join hub.nodes
    on nodes.id = scores.model
where (not $is_selected or nodes.nid in (
        select nid
        from lent_selected
    ))
    and (
        nodes.nid is null
        or nodes.nid not in (
            select nid
            from lent_variants
        )
        or (nodes.nid, scores.variant) in (
            select
                nid,
                variant
            from lent_variants
        )
    )
    and ($name is null or instruments.name = $name)
    and ($state is null or scores.state = $state)
    and ($known is null or scores.is_known = $known)
order by
    scores.model,
    scores.variant,
    instruments.name,
    scores.is_standing desc,
    scores.measured_at desc nulls last,
    scores.run
limit $limit

-- name: list_slots
-- Returns what distinguishes identities that differ in more than their items, with the slot of each.
select distinct
    name,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype,
    slot
from hub.instruments

-- name: next_numbers
-- Returns the next free numbers: of an instrument, a slot, a name and a score.
select
    (
        select coalesce(max(number) + 1, 0)
        from hub.instruments
    ) as instrument,
    (
        select coalesce(max(slot) + 1, 0)
        from hub.instruments
    ) as slot,
    (
        select coalesce(max(number) + 1, 0)
        from hub.scored_names
    ) as named,
    (
        select coalesce(max(number) + 1, 0)
        from hub.scores
    ) as score

-- name: read_again
-- Notes when the lent runs were last read; a score that its place no longer states when it is read again counts no more.
update hub.scores
set last_read_at = $last_read_at
where run in (from lent_runs)
    and last_read_at < $last_read_at

-- name: scored_alike
-- Returns the numbers of the names of the models that were scored as the lent noise floor was measured.
select distinct scores.named
from hub.scores
inner join hub.instruments
    on instruments.number = scores.instrument
inner join lent_noise_floors as floors
    on floors.name = instruments.name
    and floors.scorer is not distinct from instruments.scorer
    and floors.judge is not distinct from instruments.judge
    and floors.judge_prompt_hash is not distinct from instruments.judge_prompt_hash
    and floors.template is not distinct from instruments.template
    and floors.decoding is not distinct from instruments.decoding
    and floors.softmax_dtype is not distinct from instruments.softmax_dtype
order by all

-- name: scored_by
-- Returns the numbers of the names of the models that a scorer, with its judge and that judge's prompt, scored.
select distinct scores.named
from hub.scores
inner join hub.instruments
    on instruments.number = scores.instrument
where instruments.scorer = $scorer
    and instruments.judge is not distinct from $judge
    and instruments.judge_prompt_hash is not distinct from $prompt
order by all

-- name: take_replies
-- Gives the score of a run the replies that are kept of its job.
insert into hub.replies
select
    scores.number as score,
    job_replies.item,
    job_replies.reply
from hub.job_replies
inner join hub.scores
    on scores.run = $run
left join hub.replies as known
    on
        known.score = scores.number
        and known.item = job_replies.item
where
    job_replies.key = $key
    and known.item is null
