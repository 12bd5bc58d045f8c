-- Adds walks to a crawl, but for those that it has already.
insert into hub.walks
select
    $crawl,
    walk,
    'open',
    request,
    until,
    0,
    0,
    null,
    null
from lent_walks
anti join (
    select walk
    from hub.walks
    where crawl = $crawl
) as known using (walk)
order by number
