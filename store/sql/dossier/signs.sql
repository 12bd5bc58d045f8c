-- Lists all evidence of parents of the models whose numbers are lent, that of edges first.
select
    evidence.child as model,
    evidence.parent,
    evidence.kind,
    evidence.relation,
    evidence.declared_as,
    evidence.resolution,
    evidence.confidence,
    evidence.rule,
    evidence.inferred,
    evidence.is_edge,
    evidence.first_seen_at,
    evidence.last_seen_at
from evidence
inner join hub.nodes
    on nodes.id = evidence.child
semi join lent_dossiers using (nid)
order by
    evidence.child,
    evidence.is_edge desc,
    evidence.parent,
    evidence.confidence desc,
    evidence.kind,
    evidence.declared_as
