-- Returns the scores that speak for the lent nodes, or for all: values as shares of the range, turned so that more is riskier.
with told as (
    select
        standing.nid as node,
        standing.slot,
        standing.instrument,
        standing.score,
        case
            when instruments.direction = 'lower_is_safer'
                then (scores.value - instruments.low) / (instruments.high - instruments.low)
            else 1 - (scores.value - instruments.low) / (instruments.high - instruments.low)
        end as value,
        scores.stderr / (instruments.high - instruments.low) as stderr,
        coalesce(scores.items, case when scores.is_reported then instruments.published_items end) as items,
        coalesce(scores.reply_length, 'nan'::double) as reply_length,
        instruments.scale = 'rate' as is_rate,
        instruments.construct in ('capability', 'coherence') as is_guard,
        standing.state = 'stale' as is_stale,
        standing.state = 'reported' as is_reported,
        scores.items is null as is_published,
        scores.has_items
    from hub.standing
    inner join hub.scores
        on scores.number = standing.score
    inner join hub.instruments
        on instruments.number = standing.instrument
    where not $is_chosen
        or standing.nid in (from lent_nodes)
)
select
    node,
    slot,
    instrument,
    score,
    value,
    coalesce(
        stderr,
        case when not is_rate and value between 0 and 1 then sqrt(value * (1 - value) / items) end,
        'nan'::double
    ) as stderr,
    coalesce(items, 'nan'::double) as items,
    reply_length,
    is_rate,
    is_guard,
    is_stale,
    is_reported,
    is_published and items is not null as is_published,
    stderr is null and not is_rate and items is not null as is_bounded,
    has_items
from told
order by
    node,
    slot
