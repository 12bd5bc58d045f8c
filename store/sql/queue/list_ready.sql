-- Returns queued jobs of the family of the most urgent one, the most urgent chosen, in an order in which what is loaded is used again.
with ready as (
    from hub.jobs
    where
        state = 'queued'
        and ($engine::varchar is null or engine = $engine)
        and ($only::integer[] is null or list_contains($only, number))
),
urgent as (
    select
        family,
        engine
    from ready
    order by
        priority,
        number
    limit 1
),
chosen as (
    from ready
    semi join urgent using (family, engine)
    order by
        priority,
        number
    limit $most
)
select number
from chosen
order by
    coalesce(base, model) <> family,
    coalesce(base, model),
    base is not null,
    model,
    instrument,
    number
