-- Keeps the staged records that are known, or that changed in time and show a domain's sign or a followed parent.
delete from page_records
where hub_id not in (
    with recent as (
        select
            hub_id,
            id,
            body
        from page_records
        where coalesce(last_modified_at >= cast(getvariable('relevant_since') as timestamptz), true)
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
    where regexp_matches(lower(id), getvariable('relevant_ids'))
        or id in (
            select id
            from hub.nodes
            where nodes.hub_id is null
        )
    union
    select tagged.hub_id
    from tagged
    where lower(trim(tagged.tag)) in (
            select unnest(page_lexicon.tags)
            from page_lexicon
        )
        or regexp_matches(lower(trim(tagged.tag)), getvariable('relevant_tags'))
    union
    select tagged.hub_id
    from tagged
    inner join (
        select unnest(page_lexicon.tag_prefixes) as prefix
        from page_lexicon
    ) as prefixes
        on starts_with(lower(trim(tagged.tag)), prefixes.prefix)
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
