-- Counts the models, with everything that their records say, and returns a hash over them whatever their order.
with told as (
    select
        hub_id,
        id,
        status,
        status_evidence,
        sha,
        license,
        gated,
        body
    from hub.models
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
