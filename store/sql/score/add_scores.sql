-- Adds the scores that are lent.
insert into hub.scores by name
select
    number,
    run,
    named,
    instrument,
    revision,
    value,
    stderr,
    items,
    has_items,
    reply_length,
    source,
    origin,
    run_name,
    is_reported,
    measured_at,
    $imported_at as imported_at
from lent_scores
