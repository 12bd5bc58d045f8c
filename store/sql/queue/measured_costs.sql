-- Returns what items of finished attempts took, with their tokens, null untold, and weights, of an adapter's base too.
select
    attempts.instrument,
    coalesce(base_models.parameters, 0) + coalesce(models.parameters, 0) as parameters,
    attempts.items,
    attempts.tokens,
    attempts.run_seconds
from hub.attempts
inner join hub.jobs
    on jobs.number = attempts.job
inner join models
    on models.id = jobs.model
left join models as base_models
    on base_models.id = jobs.base
where
    attempts.outcome = 'done'
    and attempts.engine = 'transformers'
    and attempts.items > 0
    and attempts.run_seconds > 0
    and coalesce(attempts.tokens, 1) > 0
    and coalesce(base_models.parameters, models.parameters) > 0
order by attempts.started_at
