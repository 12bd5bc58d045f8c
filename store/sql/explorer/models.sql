-- Returns what the page shows of the lent models, in the order of their numbers; days count from 1970-01-01, -1 where unknown.
with topics as (
    select
        domains.model as id,
        cast(bit_or(distinct case domains.domain when 'medical' then 1 when 'legal' then 2 else 4 end) as integer) as domains
    from hub.domains
    where domains.confidence >= $confidence
    group by domains.model
)
select
    nodes.id,
    coalesce(date_diff('day', date '1970-01-01', cast(models.created_at as date)), -1) as created,
    coalesce(models.downloads, -1) as downloads,
    coalesce(models.license, '') as licence,
    coalesce(models.library, '') as library,
    case
        when nodes.status = 'present' and models.gated in ('auto', 'manual', 'true')
            then 'gated'
        else nodes.status
    end as status,
    coalesce(topics.domains, 0) as domains
from lent_members as lent
inner join hub.nodes
    on nodes.nid = lent.nid
left join hub.models
    on models.hub_id = nodes.hub_id
left join topics
    on topics.id = nodes.id
order by nodes.nid
