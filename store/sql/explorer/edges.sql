-- Returns every edge above the lent models: numbers of both ends, what decided it, and all its evidence as JSON.
-- In texts the parent's id stands as the mark U+E000: so most edges have the same evidence.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
),
proofs as (
    select
        evidence.child,
        evidence.parent,
        cast(list(
            json_array(
                evidence.kind,
                evidence.relation,
                replace(left(evidence.declared_as, 600), evidence.parent, chr(57344)),
                evidence.resolution,
                evidence.confidence,
                evidence.rule,
                evidence.inferred,
                evidence.is_edge
            )
            order by
                evidence.inferred,
                evidence.kind,
                evidence.declared_as
        )[:20] as varchar) as proof
    from evidence
    where evidence.child in (
        select id
        from members
    )
    group by
        evidence.child,
        evidence.parent
)
select
    child.nid as child,
    parent.nid as parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.inferred,
    coalesce(edges.rule, '') as rule,
    coalesce(proofs.proof, '[]') as proof
from edges
inner join members as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
left join proofs
    on proofs.child = edges.child
        and proofs.parent = edges.parent
order by
    child.nid,
    parent.nid
