-- Notes how a crawl ended.
update hub.crawls
set
    state = $state,
    finished_at = $now
where crawl = $crawl
