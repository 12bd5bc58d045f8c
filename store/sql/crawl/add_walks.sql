-- Adds walks to a crawl, open or covered, but for those that it has already.
insert into hub.walks
select
    $crawl,
    walk,
    state,
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
order by
    state desc,
    number
