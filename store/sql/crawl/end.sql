-- Notes how a crawl ended; one that was stopped has no time of its end.
update hub.crawls
set
    state = $state,
    finished_at = case when $state = 'finished' then $now end
where crawl = $crawl
