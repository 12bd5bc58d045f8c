-- Lists what plain tags suggest, with the relation that they tell.
select
    child,
    parent,
    relation
from hub.evidence
where kind = 'plain tag'
order by
    child,
    parent
