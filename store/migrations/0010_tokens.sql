-- How many tokens of an instrument's items models ran, so that costs need not take all instruments for alike.
alter table hub.attempts add column tokens bigint;

create or replace view attempts as
select
    job,
    attempt,
    model,
    revision,
    instrument,
    engine,
    place,
    started_at,
    ended_at,
    items,
    tokens,
    run_seconds,
    seconds,
    expected_seconds,
    outcome,
    error,
    traceback
from hub.attempts;

comment on view attempts is 'What evaluation cost. One row each time that a worker began a job.';
comment on column attempts.job is 'as in `jobs`, or a job that was cleared since';
comment on column attempts.attempt is 'counts from 1 for each job';
comment on column attempts.model is 'id';
comment on column attempts.revision is 'commit; null where the engine has none';
comment on column attempts.instrument is 'name in the catalogue of instruments';
comment on column attempts.engine is 'transformers or endpoint';
comment on column attempts.place is 'what it ran on: cpu, cuda, an address';
comment on column attempts.started_at is 'UTC';
comment on column attempts.ended_at is 'UTC; null where it still runs, or nobody could tell its end';
comment on column attempts.items is 'items that this attempt ran';
comment on column attempts.tokens is 'tokens that the model ran for these items, what they have in common once; 0 where it had given their answers before, null where the engine does not count them';
comment on column attempts.run_seconds is 'what these items cost, as the engine says; loading is not in it';
comment on column attempts.seconds is 'wall seconds until the end or the last items, loading included';
comment on column attempts.expected_seconds is 'what the job was expected to cost; null where nobody could say';
comment on column attempts.outcome is 'running, done, failed, lost (the worker ended or fell silent), returned (stopped from outside)';
comment on column attempts.error is 'what it failed of; null where it did not';
comment on column attempts.traceback is 'of the program; null where there is none';
