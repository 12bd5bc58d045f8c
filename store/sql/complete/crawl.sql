-- Returns the beginnings of the numbers of crawls, as `complete/ids` does those of ids.
select distinct left(crawl::varchar, $length) as value
from hub.crawls
where starts_with(crawl::varchar, $front)
order by value
limit $most
