-- Links every name that scores give to the model it leads to: by its id, a former name, or the id in other capitals.
update hub.scored_names
set
    id = linked.id,
    nid = linked.nid
from (
    select
        scored_names.number,
        arg_min(nodes.id, (found.position, nodes.id)) as id,
        arg_min(nodes.nid, (found.position, nodes.id)) as nid
    from hub.scored_names
    left join (
        select
            id as named,
            id,
            1 as position
        from hub.nodes
        semi join hub.scored_names
            on scored_names.named = nodes.id
        union all
        select
            aliases.alias,
            aliases.id,
            2
        from aliases
        union all
        select
            scored_names.named,
            nodes.id,
            3
        from hub.scored_names
        inner join hub.nodes
            on lower(nodes.id) = lower(scored_names.named)
    ) as found
        on found.named = scored_names.named
    left join hub.nodes
        on nodes.id = found.id
    group by scored_names.number
) as linked
where linked.number = scored_names.number
