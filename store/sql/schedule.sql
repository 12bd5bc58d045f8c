-- name: candidates
-- Lists what is known of the models whose numbers are lent: what they are, where their base is, what kinds of files they have, and a hash over those that make up the model. What is only in the record, as JSON, is not looked up of models that are gone or made for other tasks.
with lent as (
    select
        nodes.nid,
        nodes.id,
        nodes.hub_id,
        nodes.status
    from hub.nodes
    semi join lent_selected using (nid)
),
kept as (
    select
        file_hashes.model as id,
        file_hashes.path,
        coalesce(file_hashes.lfs_oid, file_hashes.oid) as content,
        file_hashes.size_bytes
    from hub.file_hashes
    inner join hub.models
        on models.id = file_hashes.model
    where file_hashes.model in (
        select id
        from lent
    )
        and file_hashes.sha is not distinct from coalesce(models.sha, file_hashes.sha)
),
files as (
    select
        id,
        list_distinct(list(lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1)))) as kinds,
        sum(size_bytes) filter (where regexp_full_match(path, '[^/]+\.safetensors')) as weight_bytes,
        md5(string_agg(path || chr(31) || content, chr(30) order by path) filter (
            where regexp_full_match(path, $parts)
                and content is not null
        )) as fingerprint
    from kept
    group by id
),
bases as (
    select
        edges.child as id,
        bool_or(edges.relation = 'adapter') as is_adapter,
        coalesce(
            arg_max(edges.parent, edges.confidence) filter (where edges.relation = 'adapter'),
            arg_max(edges.parent, edges.confidence)
        ) as base
    from hub.edges
    semi join lent
        on lent.id = edges.child
    group by edges.child
),
told as (
    select
        lent.*,
        models.sha,
        models.pipeline_tag,
        models.library,
        models.parameters,
        hub.is_gated(models.gated) as is_gated,
        coalesce(models.is_adapter, false) as is_adapter,
        coalesce(models.tags, []) as tags,
        case
            when lent.status = 'present' and (models.pipeline_tag is null or models.pipeline_tag in $tasks)
                then json_extract(models.body, [
                    '$.config.architectures',
                    '$.config.auto_map',
                    '$.siblings',
                    '$.safetensors.total',
                    '$.gguf.total'
                ])
        end as parts
    from lent
    left join hub.models
        on models.hub_id = lent.hub_id
)
select
    told.nid as node,
    told.id,
    told.status,
    told.sha as revision,
    told.pipeline_tag,
    told.library,
    told.parameters,
    told.is_gated,
    told.is_adapter or coalesce(bases.is_adapter, false) or told.library is not distinct from 'peft' as is_adapter,
    bases.base,
    list_contains(told.tags, 'safetensors') as is_tagged_safetensors,
    list_contains(told.tags, 'pytorch') as is_tagged_pytorch,
    case
        when told.parts[1] is not null
            then array_to_string(json_extract_string(told.parts[1], '$[*]')[:9], chr(31))
    end as architectures,
    coalesce(json_type(told.parts[2]), 'NULL') <> 'NULL' or list_contains(told.tags, 'custom_code') as needs_remote_code,
    coalesce(json_type(told.parts[4]), 'NULL') <> 'NULL' as has_safetensors,
    coalesce(json_type(told.parts[5]), 'NULL') <> 'NULL' or list_contains(told.tags, 'gguf') as is_gguf,
    array_to_string(list_distinct(list_concat(
        coalesce(files.kinds, []),
        list_transform(
            coalesce(json_extract_string(told.parts[3], '$[*].rfilename'), []),
            lambda path: lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1))
        )
    )), ' ') as file_kinds,
    files.weight_bytes,
    case when list_contains(files.kinds, 'safetensors') then files.fingerprint end as fingerprint
from told
left join files
    on files.id = told.id
left join bases
    on bases.id = told.id
order by told.nid
