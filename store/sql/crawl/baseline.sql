-- Returns the last finished crawl of one of the scopes, with the greatest _id and the time that it covers, not after $by.
select
    crawls.crawl,
    crawls.scope,
    (
        select max(walks.top_id)
        from hub.walks
        inner join hub.crawls as covering using (crawl)
        where walks.walk in ('created', 'load')
            and covering.state = 'finished'
            and (covering.endpoint = $endpoint or covering.scope = 'load')
    ) as top_id,
    crawls.covers_at
from hub.crawls
where crawls.state = 'finished'
    and list_contains($scopes, crawls.scope)
    and crawls.covers_at <= $by
    and (crawls.endpoint = $endpoint or crawls.scope = 'load')
order by
    crawls.covers_at desc,
    crawls.crawl desc
limit 1
