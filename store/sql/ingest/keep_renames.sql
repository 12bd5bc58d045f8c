-- Keeps the old name of every repository of the page that now has another.
insert into hub.aliases
select
    models.id,
    models.hub_id,
    'rename',
    page_facts.seen_at,
    page_facts.seen_at
from hub.models
inner join page_records using (hub_id)
cross join page_facts
where models.id <> page_records.id
    and not exists (
        select 1
        from hub.aliases
        where aliases.alias = models.id
            and aliases.hub_id = models.hub_id
    )
