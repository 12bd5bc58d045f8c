-- name: add_correction
-- Adds what a person says about an edge.
insert into hub.corrections
values
    ($child, $parent, $verdict, $relation, $note, $made_at)

-- name: list_corrections
-- Lists what people said about edges, latest first, and whether it is the latest about its child and parent.
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
