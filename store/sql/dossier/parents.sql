-- Lists the edges from the models whose numbers are lent up to their parents, the surest first.
select
    edges.child as model,
    edges.parent as id,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_as,
    edges.declared_relation,
    edges.hub_relation,
    edges.relation_reason,
    edges.parent_status as status,
    edges.resolution,
    edges.inferred,
    edges.rule,
    edges.original,
    edges.first_seen_at,
    edges.last_seen_at
from edges
inner join hub.nodes
    on nodes.id = edges.child
semi join lent_dossiers using (nid)
order by
    edges.child,
    edges.inferred,
    edges.confidence desc,
    edges.parent
