-- Collects every declaration of a parent as it is written in the records: one row for each element and place.
create or replace temp table written as
with places as (
    select
        id,
        first_seen_at,
        last_seen_at,
        tags,
        card_parent,
        card_relation ->> '$' as card_relation,
        base_models,
        peft_parent
    from hub.models
),
tagged as (
    select
        id as child,
        'tag' as evidence,
        unnest(list_filter(tags, lambda tag: starts_with(tag, 'base_model:'))) as text,
        null as relation,
        first_seen_at,
        last_seen_at
    from places
    where len(tags) > 0
),
carded as (
    select
        id as child,
        'card' as evidence,
        unnest(case
            when json_type(card_parent) = 'ARRAY' then cast(card_parent as json[])
            else [card_parent]
        end) as text,
        card_relation as relation,
        first_seen_at,
        last_seen_at
    from places
    where card_parent is not null
        and card_parent <> 'null'
),
resolved as (
    select
        id as child,
        'hub' as evidence,
        unnest(base_models ->> '$.models[*].id') as text,
        base_models ->> '$.relation' as relation,
        first_seen_at,
        last_seen_at
    from places
    where json_type(base_models) = 'OBJECT'
),
configured as (
    select
        id as child,
        'config' as evidence,
        peft_parent as text,
        'adapter' as relation,
        first_seen_at,
        last_seen_at
    from places
    where peft_parent is not null
)
from tagged
union all
select
    child,
    evidence,
    cast(text as varchar),
    relation,
    first_seen_at,
    last_seen_at
from carded
union all
from resolved
union all
from configured
