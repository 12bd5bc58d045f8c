-- Returns how many pages a walk of a crawl has taken.
select pages
from hub.walks
where crawl = $crawl
    and walk = $walk
