-- Returns the number of the crawl that was begun last.
select max(crawl)
from hub.crawls
