-- Counts the data sets that models name, and returns a hash over them whatever their order.
with told as (
    select
        model,
        dataset,
        evidence,
        declared_as
    from hub.trained_on
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
