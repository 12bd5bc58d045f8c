-- Returns the scores that speak for the lent nodes, or for all: values as shares of the range, turned so that more is riskier.
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
    coalesce(scores.stderr / (instruments.high - instruments.low), 'nan'::double) as stderr,
    coalesce(scores.items, 'nan'::double) as items,
    coalesce(scores.reply_length, 'nan'::double) as reply_length,
    instruments.scale = 'rate' as is_rate,
    instruments.construct in ('capability', 'coherence') as is_guard,
    standing.state = 'stale' as is_stale,
    standing.state = 'reported' as is_reported,
    scores.has_items
from hub.standing
inner join hub.scores
    on scores.number = standing.score
inner join hub.instruments
    on instruments.number = standing.instrument
where not $is_chosen
    or standing.nid in (from lent_nodes)
order by
    standing.nid,
    standing.slot
