-- Keeps the staged records that are known, or that changed in time and show a domain's sign or a followed parent.
delete from page_records
where hub_id not in (
    with recent as (
        select
            hub_id,
            id,
            body
        from page_records
        cross join page_lexicon
        where coalesce(last_modified_at >= page_lexicon.since, true)
    ),
    tagged as (
        select
            hub_id,
            unnest(try_cast(body -> '$.tags' as varchar[])) as tag
        from recent
    ),
    related as (
        select
            hub_id,
            regexp_replace(tag, '^base_model:((finetune|adapter|quantized|merge):)?', '') as parent
        from tagged
        where starts_with(tag, 'base_model:')
    )
    select hub_id
    from page_records
    semi join hub.models using (hub_id)
    union
    select hub_id
    from recent
    cross join page_lexicon
    where regexp_matches(lower(id), page_lexicon.id_pattern)
    union
    select tagged.hub_id
    from tagged
    cross join page_lexicon
    where list_contains(page_lexicon.tags, lower(trim(tagged.tag)))
        or regexp_matches(lower(tagged.tag), page_lexicon.tag_pattern)
        or len(list_filter(
            page_lexicon.tag_prefixes,
            lambda prefix: starts_with(lower(trim(tagged.tag)), prefix)
        )) > 0
    union
    select related.hub_id
    from related
    left join hub.aliases
        on aliases.alias = related.parent
    left join hub.models as renamed
        on renamed.hub_id = aliases.hub_id
    inner join hub.families
        on families.model = coalesce(renamed.id, related.parent)
    cross join page_lexicon
    where page_lexicon.siblings
        or families.model in (
            select model
            from hub.domains
        )
)
