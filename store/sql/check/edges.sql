-- Returns the edges to the parents of the models whose numbers are lent, with the evidence that decided.
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    coalesce(edges.inferred, false) as inferred,
    coalesce(edges.declared_as, '') as declared_as
from hub.edges
inner join hub.nodes
    on nodes.id = edges.child
semi join lent_members using (nid)
order by
    edges.child,
    edges.parent
