-- Returns what is known of the models whose numbers are lent: id, status, author, time, library, licence, figures, domains.
with topics as (
    select
        domains.model as id,
        list(distinct domains.domain order by domains.domain) as domains
    from hub.domains
    group by domains.model
)
select
    nodes.id,
    nodes.status,
    models.author,
    models.created_at,
    models.library,
    models.license,
    models.downloads,
    models.likes,
    coalesce(topics.domains, []) as domains
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid
left join hub.models
    on models.hub_id = nodes.hub_id
left join topics
    on topics.id = nodes.id
order by nodes.nid
