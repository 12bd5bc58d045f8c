-- Forgets that the lent models are skipped on every instrument, but where that is told again.
delete from hub.jobs
where
    state = 'skipped'
    and instrument is null
    and error is null
    and model in (select model from lent_models)
    and key not in (select key from lent_work)
