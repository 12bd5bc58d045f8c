-- Returns the identities that are known: what they mean, their number, slot and range.
select
    instrument,
    name,
    construct,
    direction,
    number,
    slot,
    low,
    high
from hub.instruments
