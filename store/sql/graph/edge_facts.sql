-- Returns the edges with both ends among the models whose numbers are lent, with what decided each.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    edges.declared_as
from hub.edges
inner join members as child
    on child.id = edges.child
inner join members as parent
    on parent.id = edges.parent
order by
    child.nid,
    parent.nid
