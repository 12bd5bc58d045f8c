-- Lists the last crawls, the latest first.
select
    crawl,
    scope,
    state,
    started_at,
    finished_at,
    requests,
    records,
    bytes,
    notes
from crawls
order by crawl desc
limit $limit
