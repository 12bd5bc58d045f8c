-- Returns the skipped exact copies of models that are measured, with the scores that speak for those: each instrument's latest.
select distinct
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
    and instruments.name = coalesce(jobs.instrument, instruments.name)
where
    jobs.state = 'skipped'
    and not scores.is_reported
qualify row_number() over (
    partition by jobs.number, scores.instrument
    order by
        scores.has_items desc,
        scores.measured_at desc nulls last,
        scores.number desc
) = 1
order by
    jobs.model,
    score
