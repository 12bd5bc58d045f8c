-- Lists the items that two models both answered, as risks from 0 to 1, for the comparisons that are asked for.
with asked as (
    select distinct
        unnest($models::varchar[]) as model,
        unnest($references::varchar[]) as reference,
        unnest($instruments::varchar[]) as instrument
),
told as (
    select
        scored_names.id as model,
        instruments.instrument,
        instruments.name,
        instruments.judge,
        instruments.direction = 'lower_is_safer' as is_risk,
        instruments.low,
        instruments.high,
        standing.score
    from hub.standing
    inner join hub.scores
        on scores.number = standing.score
    inner join hub.instruments
        on instruments.number = scores.instrument
    inner join hub.scored_names
        on scored_names.number = scores.named
    where scores.has_items
),
paired as (
    select
        asked.model,
        asked.reference,
        asked.instrument,
        derivative.name,
        derivative.judge,
        derivative.is_risk,
        mine.item,
        mine.cluster,
        (mine.value - derivative.low) / (derivative.high - derivative.low) as share,
        (theirs.value - derivative.low) / (derivative.high - derivative.low) as reference_share
    from asked
    inner join told as derivative
        on derivative.model = asked.model
        and derivative.instrument = asked.instrument
    inner join told as origin
        on origin.model = asked.reference
        and origin.instrument = asked.instrument
    inner join hub.items as mine
        on mine.score = derivative.score
    inner join hub.items as theirs
        on theirs.score = origin.score
        and theirs.item = mine.item
)
select
    model,
    reference,
    instrument,
    name,
    judge,
    item,
    cluster,
    if(is_risk, share, 1 - share) as value,
    if(is_risk, reference_share, 1 - reference_share) as reference_value
from paired
order by
    model,
    instrument,
    reference,
    item
