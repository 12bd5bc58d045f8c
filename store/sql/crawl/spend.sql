-- Adds to what a crawl has spent and brought.
update hub.crawls
set
    requests = requests + $requests,
    bytes = bytes + $size_bytes,
    records = records + $records,
    state = 'running'
where crawl = $crawl
