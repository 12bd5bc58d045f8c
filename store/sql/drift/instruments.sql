-- Returns every identity in the order of its number, with all that is declared of its instrument.
select
    name,
    title,
    construct,
    direction,
    scale,
    low,
    high,
    chance,
    floor,
    published_items,
    licence,
    source,
    gated,
    item_set_hash,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype,
    instrument,
    slot
from hub.instruments
order by number
