-- Lists the present models that a crawl did not see: of $domains with their ancestors, or all where it is empty.
with recursive wanted as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
    union
    select edges.parent
    from wanted
    inner join hub.edges
        on edges.child = wanted.id
)
select id
from hub.models
where crawl < $crawl
    and status in ('present', 'private')
    and (
        len($domains) = 0
        or id in (
            select id
            from wanted
        )
    )
order by id
