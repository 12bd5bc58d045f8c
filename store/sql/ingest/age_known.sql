-- Moves back the first sight of models that an older listing already had.
update hub.models
set first_seen_at = page_facts.seen_at
from page_facts
where models.first_seen_at > page_facts.seen_at
    and models.hub_id in (
        select hub_id
        from page_records
    )
