-- Returns the numbers of the models that carry a tag.
select nodes.nid
from hub.nodes
semi join (
    select hub_id
    from hub.models
    where list_contains(list_transform(tags, lambda tag: lower(tag)), lower($value))
) as listed using (hub_id)
