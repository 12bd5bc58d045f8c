-- Notes that a walk is at its end.
update hub.walks
set state = 'done'
where crawl = $crawl
    and walk = $walk
