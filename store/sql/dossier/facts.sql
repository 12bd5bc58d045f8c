-- Returns what is known of the models whose numbers are lent, where they stand in the graph, and how many come from them.
with chosen as (
    select
        nodes.id,
        nodes.status
    from hub.nodes
    semi join lent_dossiers using (nid)
),
known as (
    select *
    from models
    where status <> 'renamed'
        and id in (
            select id
            from chosen
        )
)
select
    chosen.id,
    chosen.status,
    known.status_evidence,
    known.hub_id,
    known.author,
    known.created_at,
    known.last_modified_at,
    known.revision,
    known.first_seen_at,
    known.last_seen_at,
    known.downloads,
    known.downloads_all_time,
    known.likes,
    known.pipeline_tag,
    known.library,
    known.license,
    known.gated,
    known.parameters,
    coalesce(known.languages, []) as languages,
    coalesce(known.datasets, []) as datasets,
    families.root,
    families.depth,
    coalesce(reach.derivatives, 0) as derivatives
from chosen
left join known
    on known.id = chosen.id
left join families
    on families.model = chosen.id
left join hub.reach
    on reach.model = chosen.id
order by chosen.id
