-- Returns the skipped jobs of exact copies whose original is measured on the instrument, and the score that speaks for it.
select
    jobs.number,
    jobs.model,
    jobs.revision,
    jobs.copy_of,
    scores.number as score,
    scores.run
from hub.jobs
inner join hub.scored_names
    on coalesce(scored_names.id, scored_names.named) = jobs.copy_of
inner join hub.scores
    on scores.named = scored_names.number
inner join hub.instruments
    on instruments.number = scores.instrument
    and instruments.name = jobs.instrument
where
    jobs.state = 'skipped'
    and not scores.is_reported
qualify row_number() over (
    partition by jobs.number
    order by
        scores.has_items desc,
        scores.measured_at desc nulls last,
        scores.number desc
) = 1
order by jobs.number
