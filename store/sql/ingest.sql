-- name: age_known
-- Moves back when models were first seen, if an older listing already had them.
update hub.models
set first_seen_at = page_facts.seen_at
from page_facts
where models.first_seen_at > page_facts.seen_at
    and models.rowid in (
        select place
        from page_records
    )

-- name: clear_page_facts
-- Empties the staging table page_facts for the next page.
truncate page_facts

-- name: clear_page_records
-- Empties the staging table page_records for the next page.
truncate page_records

-- name: count_repositories
-- Counts the repositories of the staged records, and the different records of them.
select
    count(distinct hub_id),
    count(distinct (hub_id, hash(body)))
from page_records

-- name: create_page_facts
-- Makes the one-row table of facts about a page as a whole.
create or replace temp table page_facts (
    crawl integer not null,
    seen_at timestamptz not null,
    detail utinyint not null
)

-- name: create_page_lexicon
-- Remembers by which tags the records of a page are worth keeping; $siblings follows every parent.
create or replace temp table page_lexicon as
select
    cast($tags as varchar[]) as tags,
    cast($tag_prefixes as varchar[]) as tag_prefixes,
    cast($siblings as boolean) as siblings

-- name: create_page_records
-- Makes the table of the records of pages: which model each is, what shows whether it changed, and what is already known about it.
create or replace temp table page_records (
    page utinyint not null,
    hub_id varchar,
    id varchar,
    sha varchar,
    card_hash varchar,
    last_modified_at timestamptz,
    shape ubigint,
    faults varchar[],
    body json not null,
    place bigint,
    earlier_detail utinyint,
    earlier_seen_at timestamptz,
    latest_seen_at timestamptz,
    is_same boolean,
    is_figured boolean,
    is_repeated boolean
)

-- name: create_sound_shapes
-- Makes the table of the shapes, as hashes, in which a record had no value of a wrong type: records seen later need no look at each.
create or replace temp table sound_shapes (
    shape ubigint not null
)

-- name: double_problems
-- Reports the records that a later record of the page displaces although they may be different models.
insert into hub.problems
with doubles as (
    select
        hub_id,
        id,
        body,
        lead(id) over by_hub_id as later_id,
        lead(body) over by_hub_id as later_body
    from page_records
    window by_hub_id as (
        partition by hub_id
        order by rowid
    )
)
select
    null,
    id,
    'record',
    'left out: a later record of the page has its _id, or its name and no sound _id either',
    cast(body as varchar)[1:2000],
    page_facts.crawl
from doubles
cross join page_facts
where (
        id <> later_id
        or (starts_with(hub_id, 'id:') and body <> later_body)
    )
    and not exists (
        select 1
        from hub.problems
        where problems.model = doubles.id
            and problems.value = cast(doubles.body as varchar)[1:2000]
    )

-- name: drop_doubles
-- Keeps the last staged record of each repository of the page.
delete from page_records
where rowid not in (
    select max(rowid)
    from page_records
    group by hub_id
)

-- name: drop_known
-- Removes the stored models that this page replaces.
delete from hub.models
using page_records
where models.rowid = page_records.place

-- name: drop_older
-- Drops the staged records that are older than the stored ones.
delete from page_records
using page_facts
where page_records.latest_seen_at > page_facts.seen_at

-- name: drop_problems
-- Removes earlier problems of the page's repositories before they are reported again.
delete from hub.problems
using page_records
where problems.hub_id = page_records.hub_id
    and starts_with(problems.field, 'record')

-- name: drop_same
-- Drops the staged records that are stored already as they are.
delete from page_records
where is_same

-- name: drop_unnamed
-- Drops the staged elements that cannot be stored under a name.
delete from page_records
where id is null

-- name: field_problems
-- Reports the faults of the page's records, each with the value as it was written.
insert into hub.problems
with told as (
    select
        hub_id,
        id,
        body,
        unnest(faults) as fault
    from page_records
    where id is not null
),
faulty as (
    select
        hub_id,
        id,
        split_part(fault, ': ', 1) as field,
        split_part(fault, ': ', 2) as problem,
        json_extract(body, '$.' || field) as written
    from told
)
select
    hub_id,
    id,
    'record.' || field,
    problem,
    cast(case
        when starts_with(problem, 'entries') then to_json(list_filter(
            json_extract(written, '$[*]'),
            lambda entry: json_type(entry, case
                when contains(problem, 'without') then '$.' || split_part(problem, ' ', -1)
                else '$'
            end) is distinct from case when ends_with(problem, 'objects') then 'OBJECT' else 'VARCHAR' end
        ))
        else written
    end as varchar)[1:2000],
    page_facts.crawl
from faulty
cross join page_facts

-- name: find_known
-- Adds to the staged records where the model is stored, and what is known about it.
update page_records
set
    place = models.rowid,
    earlier_detail = models.detail,
    earlier_seen_at = models.first_seen_at,
    latest_seen_at = models.last_seen_at
from hub.models
where models.hub_id = page_records.hub_id

-- name: find_same
-- Notes which staged records are stored already, and which differ from what is stored in figures alone that no rule reads: not where the Hub stopped showing the model meanwhile, nor where a record has faults, which are reported again.
update page_records
set
    is_same = models.body_hash = hash(page_records.body)
    and coalesce(models.status_evidence = 'its record says private', true)
    and len(page_records.faults) = 0,
    is_figured = case
        when models.body_hash is distinct from hash(page_records.body)
            and models.id = page_records.id
            and models.status = 'present'
            and len(page_records.faults) = 0
            and models.last_seen_at <= page_facts.seen_at
            and hub.is_derived()
            then without_figures(models.body) = without_figures(page_records.body)
        else false
    end
from
    hub.models,
    page_facts
where models.rowid = page_records.place

-- name: forget_fresh
-- Marks the derived tables as out of date as a whole: what is in hub.changed does not tell all that they lack.
delete from hub.derived
where name in ('graph', 'changed')

-- name: insert_mend
-- Reports one repair that a record needed, unless the record was left out or the repair is already reported.
insert into hub.problems
select
    $hub_id,
    $model,
    $field,
    $problem,
    $value,
    page_facts.crawl
from page_facts
where (
        $hub_id is null
        or $hub_id in (
            select hub_id
            from page_records
        )
    )
    and not exists (
        select 1
        from hub.problems
        where problems.hub_id is not distinct from $hub_id
            and problems.field = $field
            and problems.value is not distinct from $value
    )

-- name: insert_models
-- Adds the page's records to the models, read into typed columns; a value of the wrong type becomes null (see problems).
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
                "license": "JSON", "language": "JSON", "base_model": "JSON", "base_model_relation": "JSON",
                "new_version": "JSON",
                "model-index": ["JSON"]
            },
            "config": {
                "architectures": "JSON", "model_type": "JSON",
                "peft": {"base_model_name_or_path": "JSON"}, "quantization_config": "JSON"
            },
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
        hub.moment(createdAt),
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
        texts_in(cardData.license)[1]
    ) as license,
    gated,
    coalesce(
        case when not list_contains(faults, 'safetensors.total: not a whole number') then safetensors.total end,
        case when not list_contains(faults, 'gguf.total: not a whole number') then gguf.total end
    ) as parameters,
    case
        when list_contains(faults, 'tags: entries that are not text') then texts_in(json_extract(body, '$.tags'))
        else tags
    end as tags,
    texts_in(cardData.language) as card_languages,
    cardData.base_model as card_parent,
    cardData.base_model_relation as card_relation,
    case when json_type(cardData.new_version) = 'VARCHAR' then left(cardData.new_version ->> '$', 500) end
        as card_new_version,
    baseModels as base_models,
    childrenModelCount as children,
    texts_in(config.peft.base_model_name_or_path)[1] as peft_parent,
    left(texts_in(config.architectures)[1], 500) as architecture,
    left(texts_in(config.model_type)[1], 500) as model_type,
    left(texts_in(config.quantization_config -> '$.quant_method')[1], 500) as quantization,
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
    hash(body) as body_hash,
    body
from fields
cross join page_facts

-- name: is_mixed
-- Defines whether a JSON list has entries without a value of that type at the path; null for no value.
create or replace temp macro is_mixed(written, path, kind) as
    json_array_length(written) <> len(list_filter(json_type(written, path), lambda found: found = kind))

-- name: keep_history
-- Keeps the old record of every repository of the page whose files, card or name have changed; without a commit, whose licence or parents have.
insert into hub.history
select
    models.hub_id,
    models.id,
    models.sha,
    case
        when models.id <> page_records.id then 'renamed'
        when page_records.sha <> models.sha then 'revision'
        when page_records.card_hash <> models.card_hash then 'card'
        else 'tags'
    end,
    models.last_seen_at,
    page_facts.seen_at,
    page_facts.crawl,
    models.body
from hub.models
inner join page_records
    on page_records.place = models.rowid
cross join page_facts
where models.id <> page_records.id
    or page_records.sha <> models.sha
    or page_records.card_hash <> models.card_hash
    or case
        when page_records.sha is null or models.sha is null
            then list_sort(list_filter(
                try_cast(page_records.body -> '$.tags' as varchar[]),
                lambda tag: starts_with(tag, 'license:') or starts_with(tag, 'base_model:')
            )) <> list_sort(list_filter(
                models.tags,
                lambda tag: starts_with(tag, 'license:') or starts_with(tag, 'base_model:')
            ))
        else false
    end

-- name: keep_relevant
-- Keeps the staged records that are stored, or that changed recently and show a sign of a domain or a followed parent.
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
            regexp_replace(tag, getvariable('relevant_prefix'), '') as parent
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

-- name: keep_renames
-- Keeps the old name of every repository of the page that now has another.
insert into hub.aliases
select
    models.id,
    models.hub_id,
    'rename',
    page_facts.seen_at,
    page_facts.seen_at
from hub.models
inner join page_records
    on page_records.place = models.rowid
cross join page_facts
where models.id <> page_records.id
    and not exists (
        select 1
        from hub.aliases
        where aliases.alias = models.id
            and aliases.hub_id = models.hub_id
    )

-- name: keep_shapes
-- Remembers the shapes of the staged records that have no value of a wrong type.
insert into sound_shapes
select distinct shape
from page_records
where shape is not null

-- name: least_known
-- Returns the least _id that is stored.
select min(hub_id)
from hub.models

-- name: mark_changed
-- Marks the derived tables as right but for the names in hub.changed, if there are any.
update hub.derived
set name = 'changed'
where name = 'graph'
    and exists (
        select 1
        from hub.changed
    )

-- name: mark_repeated
-- Notes which staged records are repeated from a page before.
update page_records
set is_repeated = true
where rowid not in (
    select min(rowid)
    from page_records
    group by hub_id
)

-- name: mark_seen_again
-- Notes that models were seen again as they are stored, so that the times in the derived tables are older.
insert into hub.derived
select
    'seen again',
    '',
    page_facts.seen_at
from page_facts
where hub.is_derived()
    and exists (
        select 1
        from page_records
        where is_same
    )
    and not exists (
        select 1
        from hub.derived
        where name = 'seen again'
    )

-- name: measure_pages
-- Counts the staged records of each page, their faults, and the models of them that are known: all, those seen after this page, and those known in more detail; with the range of their `_id` and time of change; a single time before all others may be wrong, and does not count.
select
    page,
    count(*),
    count(id),
    count(distinct hub_id) filter (where id is not null),
    coalesce(sum(len(faults)) filter (where id is not null), 0)::bigint,
    count(distinct hub_id) filter (where place is not null or is_repeated),
    count(*) filter (where latest_seen_at > page_facts.seen_at),
    count(*) filter (where earlier_detail > page_facts.detail),
    min(hub_id) filter (where not starts_with(hub_id, 'id:')),
    max(hub_id) filter (where not starts_with(hub_id, 'id:')),
    coalesce(min(last_modified_at, 2)[2], min(last_modified_at)),
    max(last_modified_at)
from page_records
cross join page_facts
group by page
order by page

-- name: newest_staged
-- Returns the greatest `_id` of the staged records, null if one of them has none.
select case when not bool_or(starts_with(hub_id, 'id:')) then max(hub_id) end
from page_records

-- name: note_changed
-- Notes the staged records as changed, unless everything is going to be derived anyway.
insert into hub.changed
select
    hub_id,
    id,
    case
        when earlier_detail is null then 'new'
        when is_figured then 'figures'
        else 'record'
    end
from page_records
where coalesce(not is_same, true)
    and hub.is_derived()

-- name: note_renamed
-- Notes the names that the page's repositories no longer have as changed, unless everything is going to be derived anyway.
insert into hub.changed
select
    models.hub_id,
    models.id,
    'renamed'
from hub.models
inner join page_records
    on page_records.place = models.rowid
where models.id <> page_records.id
    and hub.is_derived()

-- name: note_returned
-- Adds a change of status for each model of the page that was gone and is shown again.
insert into hub.status_changes
select
    models.hub_id,
    page_records.id,
    models.status,
    'present',
    'the Hub shows it again',
    page_facts.crawl,
    page_facts.seen_at
from hub.models
inner join page_records
    on page_records.place = models.rowid
cross join page_facts
where models.status in ('deleted', 'private')
    and coalesce(page_records.body ->> '$.private', 'false') <> 'true'

-- name: overlay_richer
-- Merges the staged records into richer stored ones: a key that was not requested keeps its old value, and a record without a new value keeps its text.
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
            and models.rowid in (
                select place
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
        select
            new_keys.hub_id,
            new_keys.key,
            new_keys.value,
            old_keys.value is distinct from new_keys.value as is_new
        from new_keys
        left join old_keys using (hub_id, key)
        where new_keys.hub_id in (
            select hub_id
            from old_keys
        )
        union all
        select
            old_keys.hub_id,
            old_keys.key,
            old_keys.value,
            false as is_new
        from old_keys
        anti join new_keys using (hub_id, key)
    )
    select
        merged.hub_id,
        case
            when bool_or(merged.is_new) then json_group_object(merged.key, merged.value)
            else any_value(models.body)
        end as body,
        any_value(models.sha) as sha,
        any_value(models.card_hash) as card_hash,
        any_value(models.last_modified_at) as last_modified_at
    from merged
    inner join hub.models using (hub_id)
    group by merged.hub_id
) as overlaid
where overlaid.hub_id = page_records.hub_id

-- name: read_pages
-- Stages every element of the pages in the spool files, JSON arrays, with the number of the page in the name of its file; an element that is no record or has no id gets a null id.
insert into page_records by name
with parsed as (
    select
        cast(filename[-7:-6] as utinyint) as page,
        json as body,
        json_type(json, [
            '$.tags', '$.cardData', '$.cardData.language', '$.createdAt', '$.lastModified', '$.downloads', '$.likes',
            '$.baseModels', '$.childrenModelCount', '$.config', '$.safetensors', '$.safetensors.parameters',
            '$.evalResults', '$.sha', '$.gated', '$.private', '$.author', '$.pipeline_tag', '$.library_name',
            '$.downloadsAllTime', '$.cardData.license', '$.cardData.datasets', '$.cardData.base_model_relation',
            '$.cardData.new_version', '$.model-index', '$.cardData.model-index', '$.siblings', '$.config.architectures',
            '$.config.peft.base_model_name_or_path', '$.safetensors.total', '$.gguf', '$.gguf.total',
            '$.baseModels.relation', '$.baseModels.models'
        ]) as shape,
        unnest(json_transform(json, '{
            "_id": "JSON", "id": "JSON", "sha": "JSON", "cardData": "JSON", "lastModified": "VARCHAR", "createdAt": "VARCHAR",
            "tags": "JSON", "model-index": "JSON", "evalResults": "JSON", "siblings": "JSON",
            "baseModels": {"models": "JSON"}, "config": {"architectures": "JSON"}
        }'))
    from read_json_objects(getvariable('page_paths'), format = 'array', maximum_object_size = 67108864)
),
judged as (
    select
        *,
        hub.moment(lastModified) as last_modified_at,
        coalesce(regexp_full_match(_id, '"[0-9a-f]{24}"'), false) as is_identified,
        coalesce(regexp_matches(tags, '[\[,][^"\]]'), false) as is_odd,
        coalesce(list_contains(sound.shapes, hash(shape)), false) as is_sound,
        json_extract(cardData, ['$.language', '$.license', '$.datasets', '$.model-index']) as listed
    from parsed
    cross join (
        select list(shape) as shapes
        from sound_shapes
    ) as sound
),
told as (
    select
        *,
        case when not is_sound then list_filter([
            case when shape[1] not in ('ARRAY', 'NULL') then 'tags: not a list' end,
            case when shape[2] not in ('OBJECT', 'NULL') then 'cardData: not an object' end,
            case when shape[3] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.language: not text or a list' end,
            case when shape[6] not in ('UBIGINT', 'NULL') then 'downloads: not a whole number' end,
            case when shape[7] not in ('UBIGINT', 'NULL') then 'likes: not a whole number' end,
            case when shape[8] not in ('OBJECT', 'NULL') then 'baseModels: not an object' end,
            case when shape[9] not in ('OBJECT', 'NULL') then 'childrenModelCount: not an object' end,
            case when shape[10] not in ('OBJECT', 'NULL') then 'config: not an object' end,
            case
                when shape[11] <> 'NULL' and coalesce(shape[12], 'NULL') <> 'OBJECT'
                    then 'safetensors: no numbers of parameters'
            end,
            case when shape[13] not in ('ARRAY', 'NULL') then 'evalResults: not a list' end,
            case when shape[14] not in ('VARCHAR', 'NULL') then 'sha: not text' end,
            case when shape[15] not in ('BOOLEAN', 'VARCHAR', 'NULL') then 'gated: not false, auto or manual' end,
            case when shape[16] not in ('BOOLEAN', 'NULL') then 'private: neither true nor false' end,
            case when shape[17] not in ('VARCHAR', 'NULL') then 'author: not text' end,
            case when shape[18] not in ('VARCHAR', 'NULL') then 'pipeline_tag: not text' end,
            case when shape[19] not in ('VARCHAR', 'NULL') then 'library_name: not text' end,
            case when shape[20] not in ('UBIGINT', 'NULL') then 'downloadsAllTime: not a whole number' end,
            case when shape[21] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.license: not text or a list' end,
            case when shape[22] not in ('VARCHAR', 'ARRAY', 'NULL') then 'cardData.datasets: not text or a list' end,
            case when shape[23] not in ('VARCHAR', 'NULL') then 'cardData.base_model_relation: not text' end,
            case when shape[24] not in ('VARCHAR', 'NULL') then 'cardData.new_version: not text' end,
            case when shape[25] not in ('ARRAY', 'NULL') then 'model-index: not a list' end,
            case when shape[26] not in ('ARRAY', 'NULL') then 'cardData.model-index: not a list' end,
            case when shape[27] not in ('ARRAY', 'NULL') then 'siblings: not a list' end,
            case when shape[28] not in ('ARRAY', 'NULL') then 'config.architectures: not a list' end,
            case when shape[29] not in ('VARCHAR', 'NULL') then 'config.peft.base_model_name_or_path: not text' end,
            case when shape[30] not in ('UBIGINT', 'NULL') then 'safetensors.total: not a whole number' end,
            case when shape[31] not in ('OBJECT', 'NULL') then 'gguf: not an object' end,
            case when shape[32] not in ('UBIGINT', 'NULL') then 'gguf.total: not a whole number' end,
            case when shape[33] not in ('VARCHAR', 'NULL') then 'baseModels.relation: not text' end,
            case when shape[34] not in ('ARRAY', 'NULL') then 'baseModels.models: not a list' end
        ], lambda fault: fault is not null) else [] end as misshapen
    from judged
)
select
    page,
    case when is_identified then _id[2:-2] else 'id:' || (id ->> '$') end as hub_id,
    case when starts_with(id, '"') and id <> '""' then id ->> '$' end as id,
    case when starts_with(sha, '"') then sha[2:-2] end as sha,
    md5(cardData) as card_hash,
    last_modified_at,
    case when not is_sound and misshapen = [] then hash(shape) end as shape,
    case
        when not is_identified
            or (createdAt is not null and (shape[4] <> 'VARCHAR' or hub.moment(createdAt) is null))
            or (lastModified is not null and (shape[5] <> 'VARCHAR' or last_modified_at is null))
            then list_filter([
            case when not is_identified then '_id: missing or not 24 hexadecimal digits; filed under its name' end,
            case
                when createdAt is not null and (shape[4] <> 'VARCHAR' or hub.moment(createdAt) is null)
                    then 'createdAt: not a time'
            end,
            case
                when lastModified is not null and (shape[5] <> 'VARCHAR' or last_modified_at is null)
                    then 'lastModified: not a time'
            end
            ], lambda fault: fault is not null)
        else []
    end
    || misshapen
    || case
        when is_odd
            or coalesce(cardData, "model-index", evalResults, siblings, config.architectures, baseModels.models) is not null
            then list_filter([
            case when is_odd and is_mixed(tags, '$[*]', 'VARCHAR') then 'tags: entries that are not text' end,
            case when is_mixed(listed[1], '$[*]', 'VARCHAR') then 'cardData.language: entries that are not text' end,
            case when is_mixed(listed[2], '$[*]', 'VARCHAR') then 'cardData.license: entries that are not text' end,
            case when is_mixed(listed[3], '$[*]', 'VARCHAR') then 'cardData.datasets: entries that are not text' end,
            case when is_mixed("model-index", '$[*]', 'OBJECT') then 'model-index: entries that are not objects' end,
            case when is_mixed(listed[4], '$[*]', 'OBJECT') then 'cardData.model-index: entries that are not objects' end,
            case when is_mixed(evalResults, '$[*]', 'OBJECT') then 'evalResults: entries that are not objects' end,
            case when is_mixed(siblings, '$[*].rfilename', 'VARCHAR') then 'siblings: entries without rfilename' end,
            case when is_mixed(config.architectures, '$[*]', 'VARCHAR') then 'config.architectures: entries that are not text' end,
            case when is_mixed(baseModels.models, '$[*].id', 'VARCHAR') then 'baseModels.models: entries without id' end
            ], lambda fault: fault is not null)
        else []
    end as faults,
    body
from told

-- name: see_again
-- Updates when, by which crawl and in how much detail the models were seen that are stored already as the page has them.
update hub.models
set
    first_seen_at = least(models.first_seen_at, page_facts.seen_at),
    last_seen_at = page_facts.seen_at,
    crawl = page_facts.crawl,
    detail = greatest(models.detail, page_facts.detail)
from
    page_records,
    page_facts
where models.rowid = page_records.place
    and page_records.is_same

-- name: set_page_facts
-- Sets which crawl a page belongs to, when it was seen, and how many of the Hub's keys were requested.
insert into page_facts
values ($crawl, $seen_at, $detail)

-- name: set_page_paths
-- Remembers the spool files through which every page of this connection passes.
set variable page_paths = $paths

-- name: set_relevant_ids
-- Remembers the pattern of ids that show a domain: a constant, so that it is prepared once.
set variable relevant_ids = $id_pattern

-- name: set_relevant_prefix
-- Remembers the pattern of what stands before the parent in a tag: a constant, so that it is prepared once.
set variable relevant_prefix = '^base_model:((' || $relation_pattern || '):)?'

-- name: set_relevant_since
-- Remembers since when a change makes an unknown record worth keeping: a constant, so that it is prepared once.
set variable relevant_since = $since

-- name: set_relevant_tags
-- Remembers the pattern of tags that show a domain: a constant, so that it is prepared once.
set variable relevant_tags = $tag_pattern

-- name: texts_in
-- Defines the texts in a JSON value: the text itself, or the texts in a list; null for anything else.
create or replace temp macro texts_in(written) as
    case json_type(written)
        when 'VARCHAR' then [written ->> '$']
        when 'ARRAY' then list_transform(
            list_filter(json_extract(written, '$[*]'), lambda entry: json_type(entry) = 'VARCHAR'),
            lambda entry: entry ->> '$'
        )
    end

-- name: unnamed_problems
-- Reports the page's elements that are not records or have no id; nothing else is kept of them.
insert into hub.problems
select
    null,
    null,
    'record',
    case
        when json_type(body) <> 'OBJECT' then 'not an object'
        else 'no id'
    end,
    cast(body as varchar)[1:2000],
    page_facts.crawl
from page_records
cross join page_facts
where id is null
    and not exists (
        select 1
        from hub.problems
        where problems.model is null
            and problems.value = cast(page_records.body as varchar)[1:2000]
    )

-- name: without_figures
-- Defines a record without the figures that no rule reads; what follows from them follows from the records of all models.
create or replace temp macro without_figures(record) as json_merge_patch(record, '{
    "downloads": null, "downloadsAllTime": null, "likes": null, "trendingScore": null, "lastModified": null, "sha": null
}')
