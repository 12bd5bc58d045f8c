-- Begins a crawl.
insert into hub.crawls
select
    coalesce(max(crawl), 0) + 1,
    $scope,
    $endpoint,
    'running',
    $now,
    $covers_at,
    null,
    0,
    0,
    0,
    []
from hub.crawls
