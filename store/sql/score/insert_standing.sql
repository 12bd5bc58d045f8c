-- Chooses the score that speaks for a model on an instrument: measured before reported before stale, then with items, the latest.
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
            list_position(['measured', 'reported', 'stale'], state),
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
