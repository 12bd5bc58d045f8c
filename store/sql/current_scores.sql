-- name: clear_contradictory
-- Empties the scores that contradict each other.
truncate hub.contradictory

-- name: clear_standing
-- Empties the current scores.
truncate hub.standing

-- name: create_contested
-- Makes a table of the places of models, those of a slot, that several counted scores want.
create or replace temp table contested_places as
select
    nid,
    variant,
    slot
from counted_scores
group by all
having count(*) > 1

-- name: create_counted
-- Makes a table of the scores that may be current: nobody rejected them, and their place, when it was read last, still had them.
create or replace temp table counted_scores as
with rejected as materialized (
    select run
    from hub.rejected_scores()
),
placed as (
    select
        scored_names.number,
        scored_names.nid,
        scored_names.variant,
        models.sha,
        models.last_modified_at
    from hub.scored_names
    left join hub.models
        on models.id = scored_names.id
    where scored_names.nid is not null
),
read_again as (
    select
        source,
        origin
    from hub.scores
    group by all
    having min(last_read_at) < max(last_read_at)
),
gone as (
    select scores.number
    from hub.scores
    inner join placed
        on placed.number = scores.named
    inner join hub.instruments
        on instruments.number = scores.instrument
    semi join read_again
        on read_again.source = scores.source
        and read_again.origin = scores.origin
    anti join rejected
        on rejected.run = scores.run
    qualify scores.last_read_at < max(scores.last_read_at) over (
        partition by
            placed.nid,
            placed.variant,
            instruments.slot,
            scores.source,
            scores.origin
    )
)
select
    placed.nid,
    placed.variant,
    instruments.slot,
    scores.instrument,
    scores.number,
    scores.value,
    scores.stderr,
    scores.items,
    scores.reply_length,
    scores.has_items,
    scores.is_reported,
    scores.measured_at,
    scores.revision,
    hub.score_state(
        scores.is_reported,
        scores.revision,
        scores.measured_at,
        placed.sha,
        placed.last_modified_at
    ) as state
from hub.scores
inner join placed
    on placed.number = scores.named
inner join hub.instruments
    on instruments.number = scores.instrument
anti join rejected
    on rejected.run = scores.run
anti join gone
    on gone.number = scores.number

-- name: empty_contested
-- Empties the table of contested places.
truncate contested_places

-- name: empty_counted
-- Empties the table of counted scores.
truncate counted_scores

-- name: files
-- Returns the files of repositories that have current scores, of the lent nodes or of all, in the order of their nodes.
select distinct
    nid,
    variant
from hub.standing
where variant <> ''
    and (
        not $is_chosen
        or nid in (from lent_nodes)
    )
order by
    nid,
    variant

-- name: fingerprint
-- Returns the fingerprint of what predictions are fitted to, as it was derived last; no row if there are no scores.
select value
from hub.derived
where name = 'scores'

-- name: forget_fingerprint
-- Forgets the fingerprint of the scores before it is written again.
delete from hub.derived
where name = 'scores'

-- name: insert_contradictory
-- Finds the scores that count as much as the current one and contradict it: one identity and revision, and values that no rounding explains.
insert into hub.contradictory
with contested as materialized (
    select counted.*
    from counted_scores as counted
    semi join contested_places
        on contested_places.nid = counted.nid
        and contested_places.variant = counted.variant
        and contested_places.slot = counted.slot
    window of_one as (partition by counted.nid, counted.variant, counted.instrument)
    qualify min(counted.value) over of_one < max(counted.value) over of_one
),
peers as (
    select
        counted.number,
        standing.score,
        counted.value,
        hub.rounding(counted.value, instruments.low, instruments.high) as rounding
    from hub.standing
    inner join hub.scores as chosen
        on chosen.number = standing.score
    inner join hub.instruments
        on instruments.number = standing.instrument
    inner join contested as counted
        on counted.nid = standing.nid
        and counted.variant = standing.variant
        and counted.instrument = standing.instrument
        and counted.state = standing.state
    where coalesce(
            starts_with(counted.revision, chosen.revision) or starts_with(chosen.revision, counted.revision),
            true
        )
        and (
            counted.is_reported
            or (
                not counted.has_items
                and not chosen.has_items
                and counted.measured_at is not distinct from chosen.measured_at
            )
        )
)
select
    number,
    score
from peers
window of_one as (partition by score)
qualify max(value - rounding) over of_one > min(value + rounding) over of_one + 1e-9

-- name: insert_standing
-- Chooses the current score of each model and slot: the best state in the order of $states, then with items, then the latest.
insert into hub.standing
with contested as (
    select counted.*
    from counted_scores as counted
    semi join contested_places
        on contested_places.nid = counted.nid
        and contested_places.variant = counted.variant
        and contested_places.slot = counted.slot
    qualify row_number() over (
        partition by
            counted.nid,
            counted.variant,
            counted.slot
        order by
            list_position($states, counted.state),
            counted.has_items desc,
            counted.measured_at desc nulls last,
            counted.number desc
    ) = 1
),
alone as (
    select counted.*
    from counted_scores as counted
    anti join contested_places
        on contested_places.nid = counted.nid
        and contested_places.variant = counted.variant
        and contested_places.slot = counted.slot
),
chosen as (
    select
        counted.nid,
        counted.variant,
        counted.slot,
        counted.instrument,
        counted.number,
        counted.items,
        counted.reply_length,
        counted.has_items,
        counted.state,
        counted.value as stated,
        case
            when instruments.direction = 'lower_is_safer'
                then (counted.value - instruments.low) / (instruments.high - instruments.low)
            else 1 - (counted.value - instruments.low) / (instruments.high - instruments.low)
        end as value,
        counted.stderr / (instruments.high - instruments.low) as stderr,
        coalesce(
            counted.items,
            case when counted.is_reported then instruments.published_items end
        ) as known_items,
        instruments.scale = 'rate' as is_rate,
        instruments.construct in ('capability', 'coherence') as is_guard
    from (
        from alone
        union all
        from contested
    ) as counted
    inner join hub.instruments
        on instruments.number = counted.instrument
)
select
    nid,
    variant,
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
    has_items,
    1,
    stated,
    stated
from chosen
order by
    nid,
    variant,
    slot

-- name: instruments
-- Returns every identity in the order of its number, with everything declared about its instrument, how its judge or rules did on the most labelled replies, and its highest noise floor.
with labelled as (
    select
        scorer,
        judge,
        judge_prompt_hash,
        true_positives,
        true_positives + false_negatives as positives,
        false_positives,
        true_negatives + false_positives as negatives
    from hub.calibrations
    qualify row_number() over (
        partition by
            scorer,
            judge,
            judge_prompt_hash
        order by
            items - unread desc,
            measured_at desc,
            calibration
    ) = 1
),
floors as (
    select
        name,
        scorer,
        judge,
        judge_prompt_hash,
        template,
        decoding,
        softmax_dtype,
        runs,
        items,
        floor,
        changed
    from hub.noise_floors
    qualify row_number() over (
        partition by
            name,
            scorer,
            judge,
            judge_prompt_hash,
            template,
            decoding,
            softmax_dtype
        order by
            floor desc,
            items desc,
            measurement
    ) = 1
)
select
    instruments.name,
    instruments.title,
    instruments.construct,
    instruments.direction,
    instruments.scale,
    instruments.low,
    instruments.high,
    instruments.chance,
    instruments.floor,
    instruments.published_items,
    instruments.licence,
    instruments.source,
    instruments.gated,
    instruments.item_set_hash,
    instruments.scorer,
    instruments.judge,
    instruments.judge_prompt_hash,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype,
    instruments.instrument,
    instruments.slot,
    labelled.true_positives,
    labelled.positives,
    labelled.false_positives,
    labelled.negatives,
    floors.runs,
    floors.items,
    floors.floor,
    floors.changed
from hub.instruments
left join labelled
    on labelled.scorer = instruments.scorer
    and labelled.judge is not distinct from instruments.judge
    and labelled.judge_prompt_hash is not distinct from instruments.judge_prompt_hash
left join floors
    on floors.name = instruments.name
    and floors.scorer is not distinct from instruments.scorer
    and floors.judge is not distinct from instruments.judge
    and floors.judge_prompt_hash is not distinct from instruments.judge_prompt_hash
    and floors.template is not distinct from instruments.template
    and floors.decoding is not distinct from instruments.decoding
    and floors.softmax_dtype is not distinct from instruments.softmax_dtype
order by number

-- name: keep_fingerprint
-- Writes a fingerprint of what predictions are fitted to: the numbered models and edges, the current scores, and the domains in their order.
insert into hub.derived
select
    'scores',
    format(
        '{:x}-{:x}-{}',
        (
            select coalesce(bit_xor(hash(
                nid,
                variant,
                slot,
                instrument,
                value,
                stderr,
                items,
                is_rate,
                state,
                claims
            )), 0)
            from hub.standing
        ),
        xor(
            (
                select coalesce(bit_xor(hash(model, domain, confidence)), 0)
                from hub.domains
            ),
            (
                select coalesce(bit_xor(hash(place, name)), 0)
                from hub.lexicon_domains
            )
        ),
        derived.value
    ),
    derived.derived_at
from hub.derived
where derived.name = 'arrays'

-- name: link_names
-- Links every name in scores to the model it leads to: by its id, a former name, or the id in other capitals.
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
            on scored_names.repository = nodes.id
        union all
        select
            aliases.alias,
            aliases.id,
            2
        from aliases
        union all
        select
            scored_names.repository,
            nodes.id,
            3
        from hub.scored_names
        inner join hub.nodes
            on lower(nodes.id) = lower(scored_names.repository)
    ) as found
        on found.named = scored_names.repository
    left join hub.nodes
        on nodes.id = found.id
    group by scored_names.number
) as linked
where linked.number = scored_names.number

-- name: mark_contradictory
-- Takes its value from every current score that others contradict, and notes the range of what is claimed.
update hub.standing
set
    state = $contradictory,
    value = 'nan'::double,
    claims = found.claims,
    lowest = found.lowest,
    highest = found.highest
from (
    select
        contradictory.standing,
        count(distinct round(scores.value, 9)) as claims,
        min(scores.value) as lowest,
        max(scores.value) as highest
    from hub.contradictory
    inner join hub.scores
        on scores.number = contradictory.score
    group by contradictory.standing
) as found
where found.standing = standing.score

-- name: scored
-- Returns the nodes with current scores, or with $are_files those whose files have some, and how many.
select
    nid,
    count(*) as scores
from hub.standing
where (variant <> '') = $are_files
group by nid
order by nid

-- name: standings
-- Returns the current scores of the lent nodes, or of all: values as shares of the range, where more is riskier. With files, those that have scores follow as nodes from $size on, in their order.
select
    case
        when variant = ''
            then nid
        else cast($size + dense_rank() over (partition by variant = '' order by nid, variant) - 1 as integer)
    end as node,
    slot,
    instrument,
    score,
    value,
    stderr,
    items,
    reply_length,
    is_rate,
    is_guard,
    state = 'stale' as is_stale,
    state = 'reported' as is_reported,
    is_published,
    is_bounded,
    has_items,
    claims,
    lowest,
    highest
from hub.standing
where (variant = '' or $with_files)
    and (
        not $is_chosen
        or nid in (from lent_nodes)
    )
order by
    node,
    slot
