-- Counts the edges, and returns a hash over them whatever their order.
with told as (
    select
        child,
        parent,
        relation,
        evidence,
        confidence,
        declared_relation,
        hub_relation,
        declared_as,
        resolution,
        relation_reason,
        coalesce(inferred, false) as inferred,
        rule,
        original,
        original_inferred
    from hub.edges
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
