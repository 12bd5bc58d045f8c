-- Returns id, status, descendants, exposure and domains of the models whose numbers are lent.
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
