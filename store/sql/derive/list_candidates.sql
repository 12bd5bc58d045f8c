-- Lists the models that may show a sign of a domain: a superset, to be judged one by one.
with tagged as (
    select
        hub_id,
        lower(trim(unnest(tags))) as tag
    from hub.models
),
topical as (
    select distinct hub_id
    from tagged
    where tag in (
            select unnest(cast($tags as varchar[]))
        )
        or (
            starts_with(tag, 'dataset:')
            and (
                regexp_matches(tag, $tag_pattern)
                or len(list_filter(cast($tag_prefixes as varchar[]), lambda prefix: starts_with(tag, prefix))) > 0
            )
        )
)
select
    id,
    coalesce(tags, []),
    coalesce(card_languages, []),
    library,
    pipeline_tag
from hub.models
where regexp_matches(lower(id), $id_pattern)
    or hub_id in (
        select hub_id
        from topical
    )
