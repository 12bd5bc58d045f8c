-- Reports the models that are each other's ancestors, one row a model with the group as the value.
insert into hub.problems
with grouped as (
    select
        lent.group_number,
        nodes.hub_id,
        nodes.id
    from lent_cycles as lent
    inner join hub.nodes using (nid)
)
select
    hub_id,
    id,
    'lineage.cycle',
    'is its own ancestor',
    string_agg(id, ' -> ' order by id) over (partition by group_number),
    -1
from grouped
