-- Notes that a worker begins a job.
insert into hub.attempts by name
select
    number as job,
    (select count(*) from hub.attempts where job = $number) + 1 as attempt,
    model,
    revision,
    instrument,
    engine,
    $place as place,
    $at as started_at,
    0 as items,
    0 as run_seconds,
    0 as seconds,
    expected_seconds,
    'running' as outcome
from hub.jobs
where number = $number
