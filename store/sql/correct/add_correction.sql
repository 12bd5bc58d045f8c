-- Notes what a person says of an edge.
insert into hub.corrections
values
    ($child, $parent, $verdict, $relation, $note, $made_at)
