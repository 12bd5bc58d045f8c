-- name: freshness
-- Returns when the newest record was seen, and when parents, families and domains were computed; null where records came since.
select
    max(last_seen_at),
    (
        select max(derived_at)
        from hub.derived
        where name = 'graph'
    )
from hub.models
