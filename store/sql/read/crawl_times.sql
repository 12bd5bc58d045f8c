-- Lists the crawls that began, the latest first, and when.
select
    crawl,
    started_at
from hub.crawls
order by crawl desc
