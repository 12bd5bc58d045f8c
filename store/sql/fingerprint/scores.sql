-- Counts the scores with their items, and returns a hash over them whatever their order.
with told as (
    select
        scores.run,
        coalesce(scored_names.id, scored_names.named) as model,
        instruments.instrument,
        scores.revision,
        scores.value,
        scores.stderr,
        scores.items,
        scores.reply_length,
        scores.source,
        scores.origin,
        scores.run_name,
        scores.is_reported,
        scores.measured_at,
        kept.items_hash
    from hub.scores
    inner join hub.scored_names
        on scored_names.number = scores.named
    inner join hub.instruments
        on instruments.number = scores.instrument
    left join (
        select
            score,
            sha256(string_agg(
                cast(to_json(row(item, value, cluster, reply_length)) as varchar),
                chr(30) order by item
            )) as items_hash
        from hub.items
        group by score
    ) as kept
        on kept.score = scores.number
),
facts as (
    select sha256(cast(to_json(told) as varchar)) as fact
    from told
)
select
    count(*) as facts,
    sha256(coalesce(string_agg(fact, '' order by fact), '')) as hash
from facts
