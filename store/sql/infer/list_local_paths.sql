-- Lists the declarations that are paths of somebody's own disk, of models whose declarations lead to no other model.
select
    child,
    declared_as
from hub.declarations
where reason = 'local path'
    and child not in (
        select child
        from hub.evidence
        where kind not in ('plain tag', 'readme', 'weights', 'name')
    )
order by all
