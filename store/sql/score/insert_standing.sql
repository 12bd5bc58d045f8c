-- Chooses the score that speaks for a model on an instrument: measured before reported before stale, then with items, the latest.
insert into hub.standing
select
    nid,
    slot,
    instrument,
    number,
    state
from (
    select
        scored_names.nid,
        instruments.slot,
        scores.instrument,
        scores.number,
        scores.has_items,
        scores.measured_at,
        hub.score_state(
            scores.is_reported,
            scores.revision,
            scores.measured_at,
            models.sha,
            models.last_modified_at
        ) as state
    from hub.scores
    inner join hub.scored_names
        on scored_names.number = scores.named
    inner join hub.instruments
        on instruments.number = scores.instrument
    left join hub.models
        on models.id = scored_names.id
    where scored_names.nid is not null
)
qualify row_number() over (
    partition by
        nid,
        slot
    order by
        list_position(['measured', 'reported', 'stale'], state),
        has_items desc,
        measured_at desc nulls last,
        number desc
) = 1
order by
    nid,
    slot
