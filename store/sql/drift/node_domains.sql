-- Returns the surest domain of every node that has one, as its place among medical, legal and financial.
select
    nodes.nid as node,
    list_position(['medical', 'legal', 'financial'], arg_max(domains.domain, domains.confidence)) - 1 as domain
from hub.domains
inner join hub.nodes
    on nodes.id = domains.model
where domains.confidence >= $confidence
group by nodes.nid
