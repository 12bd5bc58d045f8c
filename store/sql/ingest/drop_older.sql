-- Drops the staged records of which the database holds a later state.
delete from page_records
using
    hub.models,
    page_facts
where page_records.hub_id = models.hub_id
    and models.last_seen_at > page_facts.seen_at
