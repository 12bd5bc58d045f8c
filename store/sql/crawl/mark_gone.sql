-- Marks stored models that the Hub does not show any more; their records stay as they were last seen.
update hub.models
set
    status = lent_gone.status,
    status_evidence = lent_gone.evidence
from lent_gone
where models.id = lent_gone.id
    and lent_gone.status <> 'missing'
