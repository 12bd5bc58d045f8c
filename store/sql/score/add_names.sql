-- Adds the lent names of models; they are linked later.
insert into hub.scored_names
select
    number,
    named,
    null,
    null
from lent_scored_names
