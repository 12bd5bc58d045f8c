-- Returns the crawl of this scope and endpoint that was begun and not finished, the latest, and how many walks it has.
select
    crawls.crawl,
    crawls.started_at,
    (
        select count(*)
        from hub.walks
        where walks.crawl = crawls.crawl
    ) as walks
from hub.crawls
where scope = $scope
    and endpoint = $endpoint
    and state <> 'finished'
order by crawl desc
limit 1
