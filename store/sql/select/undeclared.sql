-- Returns the numbers of the models without a known parent, or with $is_so false of those with one.
select nodes.nid
from hub.nodes
left join (
    select distinct child as id
    from hub.edges
) as declared using (id)
where (declared.id is null) = $is_so
