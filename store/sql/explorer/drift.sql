-- Returns the drift of the lent models; equal rows of several kinds of ancestor are one, their kinds added: parent 1, scored ancestor 2, root 4.
with members as (
    select
        nodes.nid,
        nodes.id
    from lent_members as lent
    inner join hub.nodes
        on nodes.nid = lent.nid
)
select
    cast(bit_or(distinct case against when 'parent' then 1 when 'scored_ancestor' then 2 else 4 end) as integer) as against,
    members.nid as model,
    coalesce(reference.nid, -1) as reference,
    mine.number as instrument,
    coalesce(theirs.number, -1) as reference_instrument,
    coalesce(distance, -1) as distance,
    coalesce(delta, 'nan'::double) as delta,
    coalesce(ci_low, 'nan'::double) as ci_low,
    coalesce(ci_high, 'nan'::double) as ci_high,
    coalesce(q_value, 'nan'::double) as q_value,
    verdict,
    coalesce(pairing, '') as pairing,
    coalesce(method, '') as method,
    coalesce(drift.items, -1) as items,
    coalesce(minimum_detectable, 'nan'::double) as minimum_detectable,
    coalesce(at_risk, -1) as at_risk,
    coalesce(worsened, -1) as worsened,
    coalesce(recovered, -1) as recovered,
    coalesce(guard, '') as guard,
    coalesce(lineage_confidence, 'nan'::double) as lineage_confidence,
    margin,
    coalesce(replace(reason, drift.reference, chr(57344)), reason) as reason
from hub.drift
inner join members
    on members.id = drift.model
inner join hub.instruments as mine
    on mine.instrument = drift.instrument
left join hub.instruments as theirs
    on theirs.instrument = drift.reference_instrument
left join hub.nodes as reference
    on reference.id = drift.reference
group by all
order by
    model,
    mine.number,
    reference
