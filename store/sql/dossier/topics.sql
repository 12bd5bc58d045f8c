-- Lists the domains of the models whose numbers are lent, the surest first.
select
    domains.model,
    domains.domain,
    domains.basis,
    domains.confidence,
    domains.signals
from domains
inner join hub.nodes
    on nodes.id = domains.model
semi join lent_dossiers using (nid)
order by
    domains.model,
    domains.confidence desc,
    domains.domain,
    domains.basis
