-- Returns the crawl of this scope and endpoint that was begun and not finished, the latest.
select
    crawl,
    started_at
from hub.crawls
where scope = $scope
    and endpoint = $endpoint
    and state <> 'finished'
order by crawl desc
limit 1
