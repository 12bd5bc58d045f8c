-- Returns every score of the lent models: as shares of the range, with where it comes from and which identity it has.
select
    scored_names.nid as model,
    scores.instrument,
    (scores.value - instruments.low) / (instruments.high - instruments.low) as value,
    coalesce(scores.stderr / (instruments.high - instruments.low), 'nan'::double) as stderr,
    coalesce(scores.items, -1) as items,
    scores.source,
    hub.score_state(
        scores.is_reported,
        scores.revision,
        scores.measured_at,
        models.sha,
        models.last_modified_at
    ) as state,
    coalesce(date_diff('day', date '1970-01-01', cast(scores.measured_at as date)), -1) as day,
    coalesce(left(scores.revision, 8), '') as revision,
    standing.score is not null as is_standing
from hub.scores
inner join hub.scored_names
    on scored_names.number = scores.named
inner join hub.instruments
    on instruments.number = scores.instrument
left join hub.models
    on models.id = scored_names.id
left join hub.standing
    on standing.score = scores.number
where scored_names.nid in (
    select nid
    from lent_members
)
order by
    scored_names.nid,
    instruments.slot,
    is_standing desc,
    scores.number
