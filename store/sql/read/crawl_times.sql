-- Lists the crawls that began, the latest first, and from which time on they saw the Hub: of a bulk listing when it was made.
select
    crawl,
    covers_at
from hub.crawls
order by crawl desc
