-- Returns the scores that speak for the lent nodes, or for all: values as shares of the range, turned so that more is riskier.
select
    nid as node,
    slot,
    instrument,
    score,
    value,
    stderr,
    items,
    reply_length,
    is_rate,
    is_guard,
    state = 'stale' as is_stale,
    state = 'reported' as is_reported,
    is_published,
    is_bounded,
    has_items
from hub.standing
where not $is_chosen
    or nid in (from lent_nodes)
order by
    nid,
    slot
