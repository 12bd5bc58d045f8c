-- Counts the models with scores that are not here by the name that their scores give.
select count(*)
from hub.scored_names
where id is null
