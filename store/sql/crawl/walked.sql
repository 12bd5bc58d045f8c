-- Lists the names of the walks that any crawl has finished.
select distinct walk
from hub.walks
where state = 'done'
