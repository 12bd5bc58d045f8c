-- Makes a table of the edges among the chosen models, once for all who read it; `export_inferred` says whether of inferred ones too.
create or replace temp table export_edges as
with members as (
    select
        nodes.nid,
        nodes.id
    from hub.nodes
    semi join lent_selected using (nid)
)
select
    edges.parent,
    edges.child,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    edges.rule,
    edges.declared_as
from hub.edges
inner join members as child
    on child.id = edges.child
inner join members as parent
    on parent.id = edges.parent
where not edges.inferred
    or getvariable('export_inferred')
order by
    child.nid,
    parent.nid
