-- name: children
-- Lists models by their numbers, whose ids are $ids, with the edge to one parent.
select
    nodes.id,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    nodes.status,
    models.downloads,
    models.license,
    models.created_at,
    coalesce(reach.derivatives, 0) as derivatives
from hub.nodes
inner join lent_members using (nid)
inner join hub.edges
    on edges.child = nodes.id
    and edges.parent = $parent
left join hub.records_of(cast($ids as varchar[])) as models
    on models.id = nodes.id
left join hub.reach
    on reach.model = nodes.id
order by
    models.downloads desc nulls last,
    nodes.id

-- name: count
-- Counts the models that `search/find` lists in all.
with unseen as materialized (
    select id
    from hub.nodes
    where hub_id is null
)
select
    (
        select count(*)
        from hub.models
        where ($longest = '' or contains(lower(id), $longest))
            and (len($others) = 0 or len(list_filter($others, lambda word: not contains(lower(id), word))) = 0)
            and ($author is null or lower(author) = $author)
            and ($license is null or license = $license)
            and ($domain is null or id in (
                select model
                from hub.domains
                where domain = $domain
                    and confidence >= $listed
            ))
    ) + (
        select count(*)
        from unseen
        where ($longest = '' or contains(lower(id), $longest))
            and (len($others) = 0 or len(list_filter($others, lambda word: not contains(lower(id), word))) = 0)
            and ($author is null or starts_with(lower(id), $author || '/'))
            and $license is null
            and ($domain is null or id in (
                select model
                from hub.domains
                where domain = $domain
                    and confidence >= $listed
            ))
    )

-- name: find
-- Lists models, also those that are only named as parents, whose id has all the words and that pass every filter that is not null, the most downloaded first, with their domains, their surest parent and their place in the graph.
with unseen as materialized (
    select
        id,
        status
    from hub.nodes
    where hub_id is null
),
known as (
    select
        id,
        author,
        status,
        license,
        downloads,
        created_at
    from hub.models
    where ($longest = '' or contains(lower(id), $longest))
        and (len($others) = 0 or len(list_filter($others, lambda word: not contains(lower(id), word))) = 0)
        and ($author is null or lower(author) = $author)
        and ($license is null or license = $license)
        and ($domain is null or id in (
            select model
            from hub.domains
            where domain = $domain
                and confidence >= $listed
        ))
    order by
        downloads desc nulls last,
        id
    limit $last
),
named as (
    select
        id,
        case when contains(id, '/') then split_part(id, '/', 1) end as author,
        status
    from unseen
    where ($longest = '' or contains(lower(id), $longest))
        and (len($others) = 0 or len(list_filter($others, lambda word: not contains(lower(id), word))) = 0)
        and ($author is null or starts_with(lower(id), $author || '/'))
        and $license is null
        and ($domain is null or id in (
            select model
            from hub.domains
            where domain = $domain
                and confidence >= $listed
        ))
    order by id
    limit $last
),
page as materialized (
    select *
    from (
        select *
        from known
        union all by name
        select *
        from named
    )
    order by
        downloads desc nulls last,
        id
    limit $limit
    offset $offset
),
topics as (
    select
        model as id,
        list_sort(list_distinct(list(domain))) as domains
    from hub.domains
    where confidence >= $listed
        and model in (
            select id
            from page
        )
    group by model
),
parents as (
    select
        child as id,
        arg_max(edges, (not inferred, confidence, parent)) as edge,
        count(*) as parents
    from hub.edges
    where child in (
        select id
        from page
    )
    group by child
)
select
    page.id,
    page.author,
    page.status,
    page.downloads,
    coalesce(topics.domains, []) as domains,
    page.license,
    page.created_at,
    parents.edge.parent as parent,
    parents.edge.relation as relation,
    parents.edge.inferred as inferred,
    coalesce(parents.parents, 0) as parents,
    coalesce(reach.derivatives, 0) as derivatives
from page
left join topics using (id)
left join parents using (id)
left join hub.reach
    on reach.model = page.id
order by
    page.downloads desc nulls last,
    page.id

-- name: licences
-- Lists the commonest licences with their numbers of models, the commonest first.
select
    license,
    count(*) as models
from hub.models
where license is not null
group by license
order by
    models desc,
    license
limit $limit
