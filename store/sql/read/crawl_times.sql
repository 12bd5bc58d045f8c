-- Lists the crawls that began, the latest first, and when by our clock: of a bulk listing when it was made.
select
    crawl,
    case when scope = 'load' then covers_at else started_at end
from hub.crawls
order by crawl desc
