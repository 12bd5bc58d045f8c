-- Counts the problems, each once however often a crawl met it, and returns a hash over them whatever their order.
with told as (
    select distinct
        hub_id,
        model,
        field,
        problem,
        value
    from hub.problems
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
