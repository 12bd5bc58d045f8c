-- name: clear_standing
-- Empties the current scores.
truncate hub.standing

-- name: insert_standing
-- Chooses the current score of each model and instrument: the best state in the order of $states, then with items, then the latest.
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

-- name: instruments
-- Returns every identity in the order of its number, with everything declared about its instrument.
select
    name,
    title,
    construct,
    direction,
    scale,
    low,
    high,
    chance,
    floor,
    published_items,
    licence,
    source,
    gated,
    item_set_hash,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype,
    instrument,
    slot
from hub.instruments
order by number

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

-- name: standings
-- Returns the current scores of the lent nodes, or of all: values as shares of the range, where more is riskier.
select
    nid as node,
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
    has_items
from hub.standing
where not $is_chosen
    or nid in (from lent_nodes)
order by
    nid,
    slot
