-- Notes which edges are new or gone, and of which relation, evidence or confidence is another one.
insert into differences
with former as (
    select
        coalesce(child.current, edges.child) as child,
        coalesce(parent.current, edges.parent) as parent,
        edges.relation,
        edges.evidence,
        edges.confidence
    from before.hub.edges
    left join names as child
        on child.former = edges.child
    left join names as parent
        on parent.former = edges.parent
),
paired as (
    select
        coalesce(former.child, edges.child) as child,
        coalesce(former.parent, edges.parent) as parent,
        former.relation as old_relation,
        former.evidence as old_evidence,
        former.confidence as old_confidence,
        edges.relation,
        edges.evidence,
        edges.confidence
    from former
    full join after.hub.edges
        on edges.child = former.child
        and edges.parent = former.parent
    where former.relation is distinct from edges.relation
        or former.evidence is distinct from edges.evidence
        or former.confidence is distinct from edges.confidence
)
select
    'edge_new',
    child,
    parent,
    null,
    relation || ' by ' || evidence
from paired
where old_relation is null
union all
select
    'edge_gone',
    child,
    parent,
    old_relation || ' by ' || old_evidence,
    null
from paired
where relation is null
union all
select
    'relation',
    child,
    parent,
    old_relation,
    relation
from paired
where old_relation <> relation
union all
select
    'evidence',
    child,
    parent,
    old_evidence,
    evidence
from paired
where old_evidence <> evidence
union all
select
    'confidence',
    child,
    parent,
    cast(old_confidence as varchar),
    cast(confidence as varchar)
from paired
where old_confidence <> confidence
