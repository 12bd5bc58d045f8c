-- Returns the numbers of the models that show a domain by their own signs, at least so surely.
select
    nodes.nid,
    domains.confidence
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.domain = $domain
    and domains.basis = 'own'
    and domains.confidence >= $confidence
order by nodes.nid
