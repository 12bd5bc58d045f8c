-- name: add_correction
-- Notes what a person says of an edge.
insert into hub.corrections
values
    ($child, $parent, $verdict, $relation, $note, $made_at)

-- name: list_corrections
-- Lists what people said of edges, the latest first, and whether it is the last word on its child and parent.
select
    child,
    parent,
    verdict,
    relation,
    note,
    made_at,
    row_number() over (partition by child, parent order by made_at desc) = 1 as is_last_word
from corrections
order by
    made_at desc,
    child,
    parent
