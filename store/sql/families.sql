-- name: edge_facts
-- Returns the edges between the lent models, or without $inferred what declarations alone say, with what decided each.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    edges.declared_as
from hub.edges_with($inferred) as edges
inner join members as child
    on child.id = edges.child
inner join members as parent
    on parent.id = edges.parent
order by
    child.nid,
    parent.nid

-- name: families
-- Lists families of two or more models by root, with how many models belong to the domain (to any, if none is given), how many only inferred edges connect, and what the root was probably made from.
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
    coalesce(topics.domains, []) as domains,
    likely_parents.parent as likely_parent,
    likely_parents.confidence as likely_confidence
from grouped
inner join hub.nodes
    on nodes.id = grouped.root
left join hub.reach
    on reach.model = grouped.root
left join topics
    on topics.root = grouped.root
left join hub.likely_parents
    on likely_parents.model = grouped.root
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

-- name: list_models
-- Returns id, status, descendants, exposure and domains of the lent models.
with members as (
    select
        nodes.nid,
        nodes.id,
        nodes.status
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    members.id,
    members.status,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, 0) as exposure,
    (
        select coalesce(list(distinct domains.domain order by domains.domain), [])
        from hub.domains
        where domains.model = members.id
    ) as domains
from members
left join hub.reach
    on reach.model = members.id
order by members.nid
