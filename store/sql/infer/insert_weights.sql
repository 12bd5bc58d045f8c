-- Writes for models that have a large file of weights in common that the later ones are copies of the first.
insert into hub.evidence by name
with heavy as (
    select distinct
        file_hashes.lfs_oid,
        file_hashes.path,
        file_hashes.size_bytes,
        models.id,
        models.created_at,
        models.first_seen_at,
        models.last_seen_at
    from hub.file_hashes
    inner join hub.models
        on models.id = file_hashes.model
    where file_hashes.lfs_oid is not null
        and file_hashes.size_bytes >= 1000000
        and regexp_matches(lower(file_hashes.path), '\.(safetensors|bin|gguf|pt|pth|ckpt|h5|msgpack|onnx)$')
),
first_of as (
    select
        lfs_oid,
        arg_min(id, (created_at, id)) as id,
        min(created_at) as created_at
    from heavy
    group by lfs_oid
)
select
    heavy.id as child,
    first_of.id as parent,
    'weights' as kind,
    'identical weights' as rule,
    arg_max(heavy.path || ' ' || heavy.lfs_oid, (heavy.size_bytes, heavy.path)) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    min(heavy.first_seen_at) as first_seen_at,
    max(heavy.last_seen_at) as last_seen_at
from heavy
inner join first_of using (lfs_oid)
where first_of.created_at < heavy.created_at
group by
    heavy.id,
    first_of.id
