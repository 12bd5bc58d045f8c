-- Keeps the old record of every repository of the page whose files, card or name have changed; without a sha, whose licence or parents.
insert into hub.history
select
    models.hub_id,
    models.id,
    models.sha,
    case
        when models.id <> page_records.id then 'renamed'
        when page_records.sha <> models.sha then 'revision'
        when page_records.card_hash <> models.card_hash then 'card'
        else 'tags'
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
    or case
        when page_records.sha is null or models.sha is null
            then list_sort(list_filter(
                try_cast(page_records.body -> '$.tags' as varchar[]),
                lambda tag: starts_with(tag, 'license:') or starts_with(tag, 'base_model:')
            )) <> list_sort(list_filter(
                models.tags,
                lambda tag: starts_with(tag, 'license:') or starts_with(tag, 'base_model:')
            ))
        else false
    end
