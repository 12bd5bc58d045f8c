-- Notes a name of the numbered models, their downloads and edges: arrays of them are current while it stays the same.
insert into hub.derived
select
    'arrays',
    format(
        '{:x}-{:x}',
        (
            select coalesce(bit_xor(hash(nodes.nid, nodes.id, models.downloads)), 0)
            from hub.nodes
            left join hub.models
                on models.hub_id = nodes.hub_id
        ),
        (
            select coalesce(bit_xor(hash(child, parent, relation)), 0)
            from hub.links
        )
    ),
    $derived_at
