-- Writes tags that are the id of an older model as evidence, but of copies: those carry the tags of their original.
insert into hub.evidence by name
with tagged as (
    select
        id as child,
        created_at,
        first_seen_at,
        last_seen_at,
        list_contains(tags, 'merge') as is_merge,
        trim(unnest(tags)) as tag
    from hub.models
    where id not in (
        select id
        from subjects
        where regexp_matches(words, $pattern)
    )
)
select
    tagged.child,
    models.id as parent,
    'plain tag' as kind,
    'plain tag' as rule,
    case when tagged.is_merge then 'merge' end as relation,
    min(tagged.tag) as declared_as,
    'inferred' as resolution,
    case when tagged.is_merge then $merge else $other end as confidence,
    min(tagged.first_seen_at) as first_seen_at,
    max(tagged.last_seen_at) as last_seen_at
from tagged
inner join hub.models
    on models.id = tagged.tag
where contains(tagged.tag, '/')
    and models.id <> tagged.child
    and models.created_at < tagged.created_at
group by
    tagged.child,
    models.id,
    tagged.is_merge
