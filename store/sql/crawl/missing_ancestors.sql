-- Lists the ancestors of domain models that are not stored and were not found gone (by crawl $crawl or later).
with recursive ancestors as (
    select model as id
    from hub.domains
    where list_contains($domains, domain)
    union
    select edges.parent
    from ancestors
    inner join hub.edges
        on edges.child = ancestors.id
)
select ancestors.id
from ancestors
inner join hub.nodes using (id)
where nodes.hub_id is null
    and ancestors.id not in (
        select id
        from hub.gone
        where crawl >= $crawl
    )
order by ancestors.id
