-- Returns of a model its commit, its root, and where it is an adapter its likeliest base with that one's commit.
select
    models.revision,
    coalesce(families.root, models.id) as family,
    bases.parent as base,
    base_models.revision as base_revision
from models
left join families
    on families.model = models.id
left join (
    select
        child,
        arg_max(parent, confidence) as parent
    from edges
    where relation = 'adapter'
    group by child
) as bases
    on bases.child = models.id
left join models as base_models
    on base_models.id = bases.parent
where models.id = $id
