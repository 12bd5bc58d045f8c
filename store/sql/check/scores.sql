-- Returns every score of the models whose numbers are lent, those first that speak for their model.
select
    scores.model,
    instruments.name,
    instruments.construct,
    scores.state,
    scores.revision,
    scores.measured_at,
    scores.source,
    scores.origin,
    scores.run
from scores
inner join instruments using (instrument)
inner join hub.nodes
    on nodes.id = scores.model
semi join lent_members using (nid)
where scores.is_known
order by
    scores.model,
    instruments.name,
    scores.is_standing desc,
    scores.measured_at desc nulls last,
    scores.run
