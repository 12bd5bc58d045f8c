-- name: forget_mark
-- Makes a snapshot an ordinary database again.
delete from hub.derived
where name = 'snapshot'

-- name: mark
-- Marks the file as a snapshot, with what it is a snapshot of.
insert into hub.derived
values ('snapshot', $facts, $made_at)

-- name: read_mark
-- Returns what a snapshot states about itself, as JSON; no row if the database is not a snapshot.
select value
from hub.derived
where name = 'snapshot'

-- name: summary
-- Returns how much a database holds, and when it was crawled.
select
    (
        select max(version)
        from hub.migrations
    ) as schema_version,
    (
        select count(*)
        from hub.models
    ) as models,
    (
        select count(*)
        from hub.edges
    ) as edges,
    (
        select count(*)
        from hub.scores
    ) as scores,
    (
        select count(*)
        from hub.drift
    ) as verdicts,
    (
        select count(*)
        from hub.crawls
    ) as crawls,
    (
        select min(started_at)
        from hub.crawls
    ) as first_crawl_at,
    (
        select max(coalesce(finished_at, started_at))
        from hub.crawls
    ) as last_crawl_at,
    (
        select max(last_seen_at)
        from hub.models
    ) as last_seen_at
