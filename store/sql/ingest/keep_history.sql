-- Keeps the old record of every repository of the page whose files, card or name have changed.
insert into hub.history
select
    models.hub_id,
    models.id,
    models.sha,
    case
        when models.id <> page_records.id then 'renamed'
        when page_records.sha <> models.sha then 'revision'
        else 'card'
    end,
    models.last_seen_at,
    page_facts.seen_at,
    page_facts.crawl,
    models.body
from hub.models
inner join page_records using (hub_id)
cross join page_facts
where models.id <> page_records.id
    or page_records.sha <> models.sha
    or page_records.card_hash <> models.card_hash
