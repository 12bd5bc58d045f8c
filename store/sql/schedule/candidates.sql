-- Lists what is known of the models whose numbers are lent: what they are, where their base is, what kinds of files they have, and a hash over those that make up the model.
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
        coalesce(models.gated in ('auto', 'manual', 'true'), false) as is_gated,
        coalesce(models.is_adapter, false) as is_adapter,
        coalesce(models.tags, []) as tags,
        json_extract(models.body, [
            '$.config.architectures',
            '$.config.auto_map',
            '$.siblings',
            '$.safetensors.total',
            '$.gguf.total'
        ]) as parts
    from lent
    left join hub.models
        on models.hub_id = lent.hub_id
)
select
    told.nid,
    told.id,
    told.status,
    told.sha,
    told.pipeline_tag,
    told.library,
    told.parameters,
    told.is_gated,
    told.is_adapter or coalesce(bases.is_adapter, false) or told.library is not distinct from 'peft' as is_adapter,
    bases.base,
    list_filter(told.tags, lambda tag: tag in ('custom_code', 'gguf', 'pytorch', 'safetensors')) as marks,
    case when told.parts[1] is not null then json_extract_string(told.parts[1], '$[*]')[:9] end as architectures,
    coalesce(json_type(told.parts[2]), 'NULL') <> 'NULL' as has_code,
    coalesce(json_type(told.parts[4]), 'NULL') <> 'NULL' as has_safetensors,
    coalesce(json_type(told.parts[5]), 'NULL') <> 'NULL' as has_gguf,
    list_distinct(list_concat(
        coalesce(files.kinds, []),
        list_transform(
            coalesce(json_extract_string(told.parts[3], '$[*].rfilename'), []),
            lambda path: lower(regexp_extract(path, '\.([A-Za-z0-9]+)$', 1))
        )
    )) as kinds,
    files.weight_bytes,
    case when list_contains(files.kinds, 'safetensors') then files.fingerprint end as fingerprint
from told
left join files
    on files.id = told.id
left join bases
    on bases.id = told.id
order by told.nid
