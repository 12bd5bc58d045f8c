-- Says how much a database holds, and when crawls last had and looked at it.
select
    (
        select max(version)
        from hub.schema_version
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
