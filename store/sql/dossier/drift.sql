-- Lists how far the models whose numbers are lent moved, with the instrument and, in points from 0 (safest), both scores.
with chosen as (
    select
        drift.*,
        nodes.nid
    from drift
    inner join hub.nodes
        on nodes.id = drift.model
    semi join lent_dossiers using (nid)
)
select
    chosen.* exclude (nid),
    mine.name,
    mine.construct,
    mine.direction,
    mine.scale,
    mine.judge,
    families.root,
    100 * own.value as value,
    100 * other.value as reference_value
from chosen
inner join hub.instruments as mine
    on mine.instrument = chosen.instrument
left join families
    on families.model = chosen.model
left join hub.standing as own
    on own.nid = chosen.nid
    and own.instrument = mine.number
left join hub.instruments as theirs
    on theirs.instrument = chosen.reference_instrument
left join hub.nodes as reference
    on reference.id = chosen.reference
left join hub.standing as other
    on other.nid = reference.nid
    and other.instrument = theirs.number
order by
    chosen.model,
    chosen.against,
    mine.name,
    chosen.instrument,
    chosen.reference
