-- Returns the scores that speak for numbered models, as shares of the range of which more is riskier, by model and slot.
select
    standing.nid,
    standing.slot,
    standing.instrument,
    standing.score,
    case instruments.direction
        when 'lower_is_safer'
            then (scores.value - instruments.low) / (instruments.high - instruments.low)
        else 1 - (scores.value - instruments.low) / (instruments.high - instruments.low)
    end as risk,
    coalesce(scores.stderr / (instruments.high - instruments.low), 'nan'::double) as stderr,
    coalesce(scores.items, 0)::double as items,
    instruments.scale = 'rate' as is_rate,
    instruments.direction = 'capability' as is_capability,
    standing.state = 'stale' as is_stale,
    standing.state = 'reported' as is_reported,
    scores.has_items
from hub.standing
inner join hub.scores
    on scores.number = standing.score
inner join hub.instruments
    on instruments.number = standing.instrument
order by
    standing.nid,
    standing.slot
