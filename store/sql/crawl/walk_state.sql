-- Returns the state of a walk of a crawl.
select state
from hub.walks
where crawl = $crawl
    and walk = $walk
