-- Returns the edges above the lent models, inferred ones if asked for: both ends, what decided it, its evidence as a text.
-- Evidence is parted by U+001E and its fields by U+001F; in texts the parent's id stands as U+E000, so that most is the same.
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
        string_agg(
            concat_ws(
                chr(31),
                evidence.kind,
                coalesce(evidence.relation, ''),
                evidence.resolution,
                cast(evidence.confidence as varchar),
                coalesce(evidence.rule, ''),
                replace(translate(left(evidence.declared_as, 600), chr(30) || chr(31), '  '), evidence.parent, chr(57344))
            ),
            chr(30)
            order by
                evidence.kind,
                evidence.declared_as,
                evidence.confidence desc
        ) as proof
    from hub.evidence
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
    coalesce(proofs.proof, '') as proof
from edges
inner join members as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent
left join proofs
    on proofs.child = edges.child
        and proofs.parent = edges.parent
where $inferred
    or not edges.inferred
order by
    child.nid,
    parent.nid
