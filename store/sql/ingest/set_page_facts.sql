-- Says which crawl a page belongs to, when it was seen, and how many of the Hub's keys were asked for.
insert into page_facts
values ($crawl, $seen_at, $detail)
