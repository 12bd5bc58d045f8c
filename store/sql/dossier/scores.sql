-- Lists the scores of the models whose numbers are lent with their identities, those that speak for the model first.
select
    scores.model,
    scores.instrument,
    instruments.title,
    instruments.construct,
    instruments.direction,
    instruments.low,
    instruments.high,
    scores.value,
    scores.stderr,
    scores.items,
    scores.state,
    scores.source,
    scores.origin,
    scores.run,
    scores.revision,
    scores.measured_at,
    scores.is_standing,
    instruments.name,
    instruments.item_set_hash,
    instruments.scorer,
    instruments.judge,
    instruments.judge_prompt_hash,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype
from scores
inner join instruments using (instrument)
inner join hub.nodes
    on nodes.id = scores.model
semi join lent_dossiers using (nid)
order by
    scores.model,
    scores.is_standing desc,
    instruments.name,
    scores.instrument,
    scores.measured_at desc nulls last,
    scores.run
