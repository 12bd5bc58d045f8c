-- Says how fresh the records are.
select
    'freshness' as section,
    unnest(['newest model created', 'last change seen', 'last record seen', 'graph resolved']) as name,
    unnest([
        strftime(max(created_at), '%Y-%m-%d %H:%M'),
        strftime(max(last_modified_at), '%Y-%m-%d %H:%M'),
        strftime(max(last_seen_at), '%Y-%m-%d %H:%M'),
        coalesce(
            (
                select strftime(max(derived_at), '%Y-%m-%d %H:%M')
                from hub.derived
                where name = 'graph'
            ),
            'older than the records: a crawl was interrupted; run it again, or lineage resolve'
        )
    ]) as value
from hub.models
