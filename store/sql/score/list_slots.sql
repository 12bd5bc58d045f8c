-- Returns what tells identities apart that differ in more than their items, with the slot of each.
select distinct
    name,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype,
    slot
from hub.instruments
