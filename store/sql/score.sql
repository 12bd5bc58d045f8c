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
    null,
    null
from lent_scored_names

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
    $imported_at as imported_at
from lent_scores

-- name: clear_standing
-- Forgets which score speaks for each model.
truncate hub.standing

-- name: count_coverage
-- Counts the selected models by what is known of their scores: measured, reported, stale or unscored.
select
    coalesce(best.state, 'unscored') as state,
    count(*) as models
from lent_selected
left join (
    select
        nid,
        arg_min(state, list_position($states, state)) as state
    from hub.standing
    group by nid
) as best using (nid)
group by all

-- name: count_instruments
-- Counts for each instrument its identities and scores, the models that it speaks of, and those of each domain.
with listed as (
    select
        nodes.nid,
        domains.domain
    from hub.domains
    inner join hub.nodes
        on nodes.id = domains.model
    where domains.confidence >= $confidence
    group by all
)
select
    instruments.name,
    count(distinct instruments.number) as identities,
    count(distinct standing.nid) as models,
    count(distinct standing.nid) filter (where standing.state = 'measured') as measured,
    count(distinct standing.nid) filter (where listed.domain = 'medical') as medical,
    count(distinct standing.nid) filter (where listed.domain = 'legal') as legal,
    count(distinct standing.nid) filter (where listed.domain = 'financial') as financial
from hub.instruments
left join hub.standing
    on standing.instrument = instruments.number
left join listed
    on listed.nid = standing.nid
group by instruments.name

-- name: count_scores
-- Returns how many scores there are.
select count(*)
from hub.scores

-- name: count_unknown
-- Counts the models with scores that are not here by the name that their scores give.
select count(*)
from hub.scored_names
where id is null

-- name: coverage
-- Lists the selected models with what they were measured on: instruments that are measured, only reported or stale.
with standing as (
    select
        standing.nid,
        standing.state,
        instruments.name,
        instruments.construct,
        scores.source,
        scores.measured_at
    from hub.standing
    inner join hub.instruments
        on instruments.number = standing.instrument
    inner join hub.scores
        on scores.number = standing.score
    semi join lent_selected using (nid)
),
gathered as (
    select
        nid,
        arg_min(state, list_position($states, state)) as state,
        list_sort(list_distinct(list(name) filter (where state = 'measured'))) as measured,
        list_sort(list_distinct(list(name) filter (where state = 'reported'))) as reported,
        list_sort(list_distinct(list(name) filter (where state = 'stale'))) as stale,
        list_sort(list_distinct(list(construct) filter (where state = 'measured'))) as constructs,
        list_sort(list_distinct(list(source))) as sources,
        max(measured_at) as measured_at
    from standing
    group by nid
)
select
    nodes.id as model,
    coalesce(gathered.state, 'unscored') as state,
    coalesce(gathered.measured, []) as measured,
    coalesce(gathered.reported, []) as reported,
    coalesce(gathered.stale, []) as stale,
    coalesce(gathered.constructs, []) as constructs,
    coalesce(gathered.sources, []) as sources,
    gathered.measured_at,
    models.downloads,
    nodes.status
from hub.nodes
semi join lent_selected using (nid)
left join gathered using (nid)
left join hub.models using (hub_id)
where $state is null
    or $state = coalesce(gathered.state, 'unscored')
order by
    models.downloads desc nulls last,
    nodes.id
limit $limit

-- name: insert_standing
-- Chooses the score that speaks for a model on an instrument: of the best state, in the order of $states, then with items, the latest.
insert into hub.standing
with chosen as (
    select
        scored_names.nid,
        instruments.slot,
        scores.instrument,
        scores.number,
        scores.items,
        scores.reply_length,
        scores.is_reported,
        scores.has_items,
        scores.measured_at,
        hub.score_state(
            scores.is_reported,
            scores.revision,
            scores.measured_at,
            models.sha,
            models.last_modified_at
        ) as state,
        case
            when instruments.direction = 'lower_is_safer'
                then (scores.value - instruments.low) / (instruments.high - instruments.low)
            else 1 - (scores.value - instruments.low) / (instruments.high - instruments.low)
        end as value,
        scores.stderr / (instruments.high - instruments.low) as stderr,
        coalesce(
            scores.items,
            case when scores.is_reported then instruments.published_items end
        ) as known_items,
        instruments.scale = 'rate' as is_rate,
        instruments.construct in ('capability', 'coherence') as is_guard
    from hub.scores
    inner join hub.scored_names
        on scored_names.number = scores.named
    inner join hub.instruments
        on instruments.number = scores.instrument
    left join hub.models
        on models.id = scored_names.id
    where scored_names.nid is not null
    qualify row_number() over (
        partition by
            nid,
            slot
        order by
            list_position($states, state),
            has_items desc,
            measured_at desc nulls last,
            scores.number desc
    ) = 1
)
select
    nid,
    slot,
    instrument,
    number,
    state,
    value,
    coalesce(
        stderr,
        case when not is_rate and value between 0 and 1 then sqrt(value * (1 - value) / known_items) end,
        'nan'::double
    ),
    coalesce(known_items, 'nan'::double),
    coalesce(reply_length, 'nan'::double),
    is_rate,
    is_guard,
    items is null and known_items is not null,
    stderr is null and not is_rate and known_items is not null,
    has_items
from chosen
order by
    nid,
    slot

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

-- name: link_names
-- Links every name that scores give to the model it leads to: by its id, a former name, or the id in other capitals.
update hub.scored_names
set
    id = linked.id,
    nid = linked.nid
from (
    select
        scored_names.number,
        arg_min(nodes.id, (found.position, nodes.id)) as id,
        arg_min(nodes.nid, (found.position, nodes.id)) as nid
    from hub.scored_names
    left join (
        select
            id as named,
            id,
            1 as position
        from hub.nodes
        semi join hub.scored_names
            on scored_names.named = nodes.id
        union all
        select
            aliases.alias,
            aliases.id,
            2
        from aliases
        union all
        select
            scored_names.named,
            nodes.id,
            3
        from hub.scored_names
        inner join hub.nodes
            on lower(nodes.id) = lower(scored_names.named)
    ) as found
        on found.named = scored_names.named
    left join hub.nodes
        on nodes.id = found.id
    group by scored_names.number
) as linked
where linked.number = scored_names.number

-- name: list_scores
-- Lists the scores of the selected models, and of models that nobody knows where all are asked for; those that speak first.
select
    scores.model,
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
    scores.imported_at
from scores
inner join instruments using (instrument)
left join hub.nodes
    on nodes.id = scores.model
where (not $is_selected or nodes.nid in (
        select nid
        from lent_selected
    ))
    and ($name is null or instruments.name = $name)
    and ($state is null or scores.state = $state)
    and ($known is null or scores.is_known = $known)
order by
    scores.model,
    instruments.name,
    scores.is_standing desc,
    scores.measured_at desc nulls last,
    scores.run
limit $limit

-- name: list_slots
-- Returns what tells identities apart that differ in more than their items, with the slot of each.
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
