-- Gives a score the items of another.
insert into hub.items by name
select
    $number as score,
    item,
    value,
    cluster,
    reply_length
from hub.items
where score = $score
