-- Returns how many scores there are.
select count(*)
from hub.scores
