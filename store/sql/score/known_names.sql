-- Returns which of the lent names of models have a number, with it.
select
    scored_names.named,
    scored_names.number
from hub.scored_names
semi join lent_scored_names using (named)
