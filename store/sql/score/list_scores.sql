-- Lists the scores of the selected models, and of models that nobody knows where all are asked for; those that speak first.
select
    scores.model,
    instruments.name,
    instruments.construct,
    scores.value,
    scores.stderr,
    scores.items,
    scores.state,
    scores.source,
    scores.measured_at,
    scores.revision,
    scores.instrument,
    instruments.scorer,
    instruments.judge,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype,
    scores.has_items,
    scores.is_standing,
    scores.is_known,
    scores.origin,
    scores.run,
    scores.imported_at
from scores
inner join instruments using (instrument)
left join hub.nodes
    on nodes.id = scores.model
where (not $is_selected or nodes.nid in (
        select nid
        from lent_selected
    ))
    and ($name is null or instruments.name = $name)
    and ($state is null or scores.state = $state)
    and ($known is null or scores.is_known = $known)
order by
    scores.model,
    instruments.name,
    scores.is_standing desc,
    scores.measured_at desc nulls last,
    scores.run
limit $limit
