-- Lists the names of the walks that a crawl has finished, or whose findings were there when it began.
select walk
from hub.walks
where crawl = $crawl
    and state in ('done', 'covered')
