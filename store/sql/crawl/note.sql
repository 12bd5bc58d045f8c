-- Keeps a remark on a crawl, once.
update hub.crawls
set notes = list_append(notes, $text)
where crawl = $crawl
    and not list_contains(notes, $text)
