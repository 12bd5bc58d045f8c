-- Gives a model the score of another whose weights are identical.
insert into hub.scores by name
select
    $number as number,
    $run as run,
    $named as named,
    instrument,
    $revision as revision,
    value,
    stderr,
    items,
    has_items,
    reply_length,
    'lineage' as source,
    $origin as origin,
    run_name,
    false as is_reported,
    measured_at,
    $at as imported_at
from hub.scores
where number = $score
