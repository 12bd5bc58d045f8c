-- name: list_declared
-- Lists what models declare, on copied cards too, and whether both ends are models that were seen.
select
    edges.child,
    edges.parent,
    edges.relation,
    child.id is not null and parent.id is not null as is_here
from hub.declared_edges() as edges
left join hub.models as child
    on child.id = edges.child
left join hub.models as parent
    on parent.id = edges.parent
where edges.evidence <> 'human'
order by
    edges.child,
    edges.parent

-- name: list_edges
-- Lists every edge with its relation, the kind of evidence that decided it, and whether it was inferred.
select
    child,
    parent,
    relation,
    evidence,
    inferred
from hub.edges
order by
    child,
    parent

-- name: list_plain_tags
-- Lists what plain tags suggest, with the relation that they tell.
select
    child,
    parent,
    relation
from hub.evidence
where kind = 'plain tag'
order by
    child,
    parent
