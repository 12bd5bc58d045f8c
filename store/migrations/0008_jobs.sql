-- What is to be evaluated, what came of it item by item, and what it cost.
create sequence hub.job_numbers;

create table hub.jobs (
    number integer not null,
    key varchar not null,
    model varchar not null,
    revision varchar,
    folder varchar,
    base varchar,
    base_revision varchar,
    base_folder varchar,
    family varchar not null,
    instrument varchar,
    definition varchar,
    engine varchar not null,
    item_limit integer,
    options varchar not null,
    state varchar not null,
    priority double not null,
    reason varchar not null,
    policy varchar not null,
    expected_seconds double,
    copy_of varchar,
    attempts integer not null,
    fruitless integer not null,
    lease_owner varchar,
    lease integer,
    lease_expires_at timestamptz,
    items_total integer,
    items_done integer not null,
    is_stopped_early boolean not null,
    decision varchar,
    value double,
    weights_hash varchar,
    run varchar,
    error varchar,
    created_at timestamptz not null,
    changed_at timestamptz not null
);

create table hub.job_items (
    key varchar not null,
    item varchar not null,
    value double not null,
    cluster varchar,
    reply_length integer
);

create table hub.attempts (
    job integer not null,
    attempt integer not null,
    model varchar not null,
    revision varchar,
    instrument varchar not null,
    engine varchar not null,
    place varchar not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    items integer not null,
    run_seconds double not null,
    seconds double not null,
    expected_seconds double,
    outcome varchar not null,
    error varchar,
    traceback varchar
);

create table hub.queue (
    is_paused boolean not null,
    is_drift_current boolean not null
);

insert into hub.queue
values
    (false, true);

create view jobs as
select
    jobs.number as job,
    jobs.model,
    jobs.revision,
    jobs.instrument,
    jobs.state,
    jobs.priority,
    jobs.reason,
    jobs.attempts,
    costs.seconds as cost_seconds,
    jobs.error,
    jobs.family,
    jobs.base,
    jobs.engine,
    jobs.definition,
    jobs.item_limit,
    jobs.options,
    jobs.policy,
    jobs.expected_seconds,
    jobs.items_done,
    jobs.items_total,
    jobs.is_stopped_early,
    jobs.decision,
    jobs.value,
    jobs.copy_of,
    jobs.weights_hash,
    jobs.run,
    jobs.lease_owner,
    jobs.lease_expires_at,
    jobs.created_at,
    jobs.changed_at
from hub.jobs
left join (
    select
        job,
        sum(seconds) as seconds
    from hub.attempts
    group by job
) as costs
    on costs.job = jobs.number;

create view attempts as
from hub.attempts;

comment on view jobs is 'What is to be evaluated and what became of it. One row a model and instrument that was asked for.';
comment on column jobs.job is 'number; never used twice';
comment on column jobs.model is 'id, or the name that an endpoint knows it by';
comment on column jobs.revision is 'commit that is run; null where the engine has none';
comment on column jobs.instrument is 'name in the catalogue of instruments; null where the model is skipped on every one';
comment on column jobs.state is 'queued, leased (a worker has it), done, failed (for good) or skipped (not run, for its reason)';
comment on column jobs.priority is 'the least first; 0 where a person asked';
comment on column jobs.reason is 'why it is to be run, or why it is skipped, in words';
comment on column jobs.attempts is 'how often it was begun since it was queued or retried';
comment on column jobs.cost_seconds is 'what all attempts took together, loading included; null where none was made';
comment on column jobs.error is 'what the last attempt failed of; null where none did';
comment on column jobs.family is 'root of the model''s family: its jobs are claimed together';
comment on column jobs.base is 'model that the adapter is attached to; null where it stands alone';
comment on column jobs.engine is 'transformers or endpoint';
comment on column jobs.definition is 'what the engine runs for the instrument: a task''s name, or a file of one; null where the instrument is';
comment on column jobs.item_limit is 'how many items are run at most; null for all';
comment on column jobs.options is 'JSON object of the engine''s own options';
comment on column jobs.policy is 'who asked: voi, exposure, breadth, random, or person';
comment on column jobs.expected_seconds is 'what it was expected to cost; null where nobody could say';
comment on column jobs.items_done is 'items whose results are kept';
comment on column jobs.items_total is 'items it has; null until a worker knows';
comment on column jobs.is_stopped_early is 'true where the outcome was decided before all items were run: such a result is kept here and is no score';
comment on column jobs.decision is 'what decided it: worse, better or within the margin of its nearest measured ancestor; null where all items were run';
comment on column jobs.value is 'mean of the items that were run, in the range of the instrument; null until it is done';
comment on column jobs.copy_of is 'model with identical weights, whose score this one is given; null where it is no copy';
comment on column jobs.weights_hash is 'hash of the weights that were run; null until it is done';
comment on column jobs.run is 'its score, as in `scores`; null where there is none';
comment on column jobs.lease_owner is 'process that has it, host:process:number; null where none has';
comment on column jobs.lease_expires_at is 'UTC; until when it is that process''s, unless it tells that it lives; null where none has it';
comment on column jobs.created_at is 'UTC';
comment on column jobs.changed_at is 'UTC, of the last change of state';

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
comment on column attempts.run_seconds is 'what these items cost, as the engine says';
comment on column attempts.seconds is 'wall seconds until the end or the last items, loading included';
comment on column attempts.expected_seconds is 'what the job was expected to cost; null where nobody could say';
comment on column attempts.outcome is 'running, done, failed, lost (the worker ended or fell silent), returned (stopped from outside)';
comment on column attempts.error is 'what it failed of; null where it did not';
comment on column attempts.traceback is 'of the program; null where there is none';

comment on column scores.source is 'kind of source: lineage (measured by its own queue), lm-eval, inspect, helm, every-eval-ever, table, card, eval-results, leaderboard';
