-- Counts the hashes of files, and returns a hash over them whatever their order.
with told as (
    select
        model,
        path,
        sha,
        size_bytes,
        oid,
        lfs_oid
    from hub.file_hashes
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
