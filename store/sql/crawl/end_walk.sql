-- Notes that a walk is at its end.
update hub.walks
set state = $state
where crawl = $crawl
    and walk = $walk
