-- Returns the repositories of the lent models, with their present ids and what they were made of.
select
    nodes.hub_id,
    nodes.id,
    coalesce((
        select list(struct_pack(relation := edges.relation, parent := edges.parent) order by edges.parent)
        from hub.edges
        where edges.child = nodes.id
    ), []) as parents
from hub.nodes
semi join lent_selected using (nid)
where nodes.hub_id is not null
order by nodes.id
