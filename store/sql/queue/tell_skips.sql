-- Writes the present reasons of the lent works that are skipped; what a person cancelled keeps its own.
update hub.jobs
set reason = lent_work.reason
from lent_work
where
    lent_work.key = jobs.key
    and jobs.state = 'skipped'
    and jobs.error is null
