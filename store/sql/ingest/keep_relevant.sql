-- Drops the staged records that are unknown, show no sign of a domain, and name no stored model as their parent.
delete from page_records
using page_lexicon
where page_records.hub_id not in (
        select hub_id
        from page_known
    )
    and not regexp_matches(lower(page_records.id), page_lexicon.id_pattern)
    and not list_has_any(
        list_transform(
            coalesce(try_cast(page_records.body -> '$.tags' as varchar[]), []),
            lambda tag: lower(tag)
        ),
        page_lexicon.tags
    )
    and not exists (
        select 1
        from hub.models
        where list_contains(
                try_cast(page_records.body -> '$.tags' as varchar[]),
                'base_model:' || models.id
            )
    )
