-- Lists the walks of a crawl that are not at their end, as they were added.
select
    walk,
    request,
    until,
    pages,
    records,
    top_id,
    last_id
from hub.walks
where crawl = $crawl
    and state = 'open'
order by rowid
