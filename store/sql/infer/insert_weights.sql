-- Writes for models that have a file of weights in common that the later ones are copies of the first.
insert into hub.evidence by name
-- What training leaves behind (training_args.bin, rng_state.pth, scheduler.pt) is small and equal in models that share
-- nothing else, so a small file must be the model's or the adapter's own safetensors, and hold more than an empty header.
with weights as (
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
        and (
            (
                file_hashes.size_bytes >= 1000000
                and regexp_matches(lower(file_hashes.path), '\.(safetensors|bin|gguf|pt|pth|ckpt|h5|msgpack|onnx)$')
            )
            or (
                file_hashes.size_bytes >= 1000
                and regexp_full_match(file_hashes.path, '(adapter_)?model(-\d{1,6}-of-\d{1,6})?\.safetensors')
            )
        )
),
first_of as (
    select
        lfs_oid,
        arg_min(id, (created_at, id)) as id,
        min(created_at) as created_at
    from weights
    group by lfs_oid
)
select
    weights.id as child,
    first_of.id as parent,
    'weights' as kind,
    'identical weights' as rule,
    arg_max(weights.path || ' ' || weights.lfs_oid, (weights.size_bytes, weights.path)) as declared_as,
    'inferred' as resolution,
    $confidence as confidence,
    min(weights.first_seen_at) as first_seen_at,
    max(weights.last_seen_at) as last_seen_at
from weights
inner join first_of using (lfs_oid)
where first_of.created_at < weights.created_at
group by
    weights.id,
    first_of.id
