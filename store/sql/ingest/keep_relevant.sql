-- Drops the staged records that are unknown, show no sign of a domain, and name no stored model as their parent.
delete from page_records
where hub_id not in (
    with tagged as (
        select
            hub_id,
            unnest(try_cast(body -> '$.tags' as varchar[])) as tag
        from page_records
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
    from page_records
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
    inner join hub.models
        on models.id = related.parent
    union
    select related.hub_id
    from related
    inner join hub.aliases
        on aliases.alias = related.parent
)
