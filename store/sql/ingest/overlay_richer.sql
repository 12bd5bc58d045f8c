-- Lays the staged records over the stored ones where those know more keys: a key not asked for keeps its old value.
update page_records
set
    body = overlaid.body,
    sha = coalesce(page_records.sha, overlaid.sha),
    card_hash = coalesce(page_records.card_hash, overlaid.card_hash),
    last_modified_at = coalesce(page_records.last_modified_at, overlaid.last_modified_at)
from (
    with old_keys as (
        select
            models.hub_id,
            entry.key,
            entry.value
        from hub.models
        cross join page_facts
        cross join json_each(models.body) as entry
        where models.detail > page_facts.detail
            and models.hub_id in (
                select hub_id
                from page_records
            )
    ),
    new_keys as (
        select
            page_records.hub_id,
            entry.key,
            entry.value
        from page_records
        cross join json_each(page_records.body) as entry
    ),
    merged as (
        select *
        from new_keys
        semi join old_keys using (hub_id)
        union all
        select *
        from old_keys
        anti join new_keys using (hub_id, key)
    )
    select
        merged.hub_id,
        json_group_object(merged.key, merged.value) as body,
        any_value(models.sha) as sha,
        any_value(models.card_hash) as card_hash,
        any_value(models.last_modified_at) as last_modified_at
    from merged
    inner join hub.models using (hub_id)
    group by merged.hub_id
) as overlaid
where overlaid.hub_id = page_records.hub_id
