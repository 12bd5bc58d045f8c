-- Counts for each instrument its identities and scores, the models that it speaks of, and those of each domain.
with listed as (
    select
        nodes.nid,
        domains.domain
    from hub.domains
    inner join hub.nodes
        on nodes.id = domains.model
    where domains.confidence >= $confidence
    group by all
)
select
    instruments.name,
    count(distinct instruments.number) as identities,
    count(distinct standing.nid) as models,
    count(distinct standing.nid) filter (where standing.state = 'measured') as measured,
    count(distinct standing.nid) filter (where listed.domain = 'medical') as medical,
    count(distinct standing.nid) filter (where listed.domain = 'legal') as legal,
    count(distinct standing.nid) filter (where listed.domain = 'financial') as financial
from hub.instruments
left join hub.standing
    on standing.instrument = instruments.number
left join listed
    on listed.nid = standing.nid
group by instruments.name
