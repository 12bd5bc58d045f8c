-- Lists the present models that a crawl did not see.
select id
from hub.models
where crawl < $crawl
    and status in ('present', 'private')
order by id
