-- Returns every item of every score that was measured here, in the columns of a table that can be imported.
select
    scores.model,
    instruments.name as instrument,
    items.item,
    items.value,
    items.cluster,
    items.reply_length,
    scores.run_name as run,
    scores.revision,
    instruments.scorer,
    instruments.judge,
    instruments.judge_prompt_hash,
    instruments.template,
    instruments.decoding,
    instruments.softmax_dtype,
    scores.source,
    scores.measured_at
from scores
inner join instruments
    on instruments.instrument = scores.instrument
inner join items
    on items.run = scores.run
where scores.source = 'lineage'
order by
    scores.model,
    instruments.name,
    scores.run,
    items.item
