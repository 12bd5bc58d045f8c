-- Lists families of two models or more by their roots, with how many are of the domain (of any, where none is asked for) and how many only inferred edges bring in.
with topical as (
    select distinct model
    from hub.domains
    where $domain is null
        or domain = $domain
),
grouped as (
    select
        families.root,
        count(*) as models,
        count(topical.model) as of_domain,
        count(*) filter (where families.inferred) as inferred,
        max(families.depth) as generations
    from hub.families
    left join topical
        on topical.model = families.model
    where families.family_size > 1
    group by families.root
),
topics as (
    select
        model as root,
        list(domain || case when basis = 'inherited' then ' (inherited)' else '' end order by domain) as domains
    from hub.domains
    group by model
)
select
    grouped.root,
    grouped.models,
    grouped.of_domain,
    grouped.generations,
    grouped.inferred,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, 0) as exposure,
    nodes.status,
    coalesce(topics.domains, []) as domains
from grouped
inner join hub.nodes
    on nodes.id = grouped.root
left join hub.reach
    on reach.model = grouped.root
left join topics
    on topics.root = grouped.root
where $domain is null
    or grouped.of_domain > 0
order by
    case $sort
        when 'models' then case when $domain is null then grouped.models else grouped.of_domain end
        when 'exposure' then reach.exposure
        when 'generations' then grouped.generations
    end desc nulls last,
    grouped.models desc,
    grouped.root
limit $limit
