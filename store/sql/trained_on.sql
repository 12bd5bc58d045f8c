-- name: clear_trained_on
-- Removes what models were trained on where that is written again.
delete from hub.trained_on
where is_changed(model)

-- name: insert_trained_on
-- Writes what models were trained on according to their tags, cards and fetched front matter; URLs become ids.
insert into hub.trained_on
with carded as (
    select
        id as model,
        body -> '$.cardData.datasets' as datasets
    from hub.models
    where card_hash is not null
        and is_changed(id)
),
listed as (
    select
        id as model,
        'tag' as evidence,
        unnest(list_filter(tags, lambda tag: starts_with(tag, 'dataset:'))) as declared_as,
        8 as prefix
    from changed_models()
    union all
    select
        model,
        'card',
        unnest(case json_type(datasets)
            when 'ARRAY' then list_filter(json_extract(datasets, '$[*]'), lambda item: json_type(item) = 'VARCHAR')
            when 'VARCHAR' then [datasets]
        end) ->> '$',
        0
    from carded
    union all
    select
        model,
        'readme',
        declared_as,
        0
    from lent_datasets
    where is_changed(model)
)
select distinct
    model,
    regexp_replace(
        trim(declared_as[prefix + 1:]),
        '^(?:(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/datasets/|hf://datasets/|datasets/)?(.*?)/*$',
        '\1',
        'is'
    ) as dataset,
    evidence,
    declared_as
from listed
where dataset <> ''
order by model
