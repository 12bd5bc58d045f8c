-- Adds the page's records to the models, read into typed columns; what is not of its type becomes null (see problems).
insert into hub.models by name
with fields as (
    select
        hub_id,
        id,
        sha,
        card_hash,
        last_modified_at,
        faults,
        body,
        earlier_detail,
        earlier_seen_at,
        unnest(json_transform(body, '{
            "author": "VARCHAR", "createdAt": "VARCHAR", "downloads": "BIGINT",
            "downloadsAllTime": "BIGINT", "likes": "BIGINT", "pipeline_tag": "VARCHAR", "library_name": "VARCHAR",
            "gated": "VARCHAR", "private": "VARCHAR", "tags": ["VARCHAR"], "baseModels": "JSON",
            "childrenModelCount": "JSON", "evalResults": ["JSON"], "model-index": ["JSON"],
            "cardData": {
                "license": "VARCHAR", "language": "JSON", "base_model": "JSON", "base_model_relation": "JSON",
                "new_version": "JSON",
                "model-index": ["JSON"]
            },
            "config": {"peft": {"base_model_name_or_path": "VARCHAR"}, "quantization_config": "JSON"},
            "safetensors": {"total": "BIGINT"}, "gguf": {"total": "BIGINT"}
        }'))
    from page_records
)
select
    hub_id,
    id,
    coalesce(
        case when not list_contains(faults, 'author: not text') then author end,
        split_part(id, '/', 1)
    ) as author,
    coalesce(
        try_cast(createdAt as timestamptz),
        case when not starts_with(hub_id, 'id:') then to_timestamp(try_cast('0x' || hub_id[1:8] as bigint)) end
    ) as created_at,
    last_modified_at,
    sha,
    case when not list_contains(faults, 'downloads: not a whole number') then downloads end as downloads,
    case when not list_contains(faults, 'downloadsAllTime: not a whole number') then downloadsAllTime end
        as downloads_all_time,
    case when not list_contains(faults, 'likes: not a whole number') then likes end as likes,
    case when not list_contains(faults, 'pipeline_tag: not text') then pipeline_tag end as pipeline_tag,
    case when not list_contains(faults, 'library_name: not text') then library_name end as library,
    coalesce(
        list_filter(tags, lambda tag: starts_with(tag, 'license:'))[1][9:],
        cardData.license
    ) as license,
    gated,
    coalesce(safetensors.total, gguf.total) as parameters,
    tags,
    case
        when starts_with(cardData.language, '"') then [trim(cast(cardData.language as varchar), '"')]
        when starts_with(cardData.language, '[') then try_cast(cardData.language as varchar[])
    end as card_languages,
    cardData.base_model as card_parent,
    cardData.base_model_relation as card_relation,
    case when json_type(cardData.new_version) = 'VARCHAR' then left(cardData.new_version ->> '$', 500) end
        as card_new_version,
    baseModels as base_models,
    childrenModelCount as children,
    config.peft.base_model_name_or_path as peft_parent,
    config.peft is not null as is_adapter,
    config.quantization_config is not null or gguf is not null as is_quantized,
    coalesce(len(evalResults), 0) + coalesce(len("model-index"), len(cardData."model-index"), 0) as reported_results,
    card_hash,
    greatest(earlier_detail, page_facts.detail) as detail,
    case when private = 'true' then 'private' else 'present' end as status,
    case when private = 'true' then 'its record says private' end as status_evidence,
    least(page_facts.seen_at, earlier_seen_at) as first_seen_at,
    page_facts.seen_at as last_seen_at,
    page_facts.crawl,
    body
from fields
cross join page_facts
