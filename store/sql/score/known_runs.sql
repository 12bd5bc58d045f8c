-- Returns which of the lent runs are here already.
select run
from hub.scores
semi join lent_runs using (run)
