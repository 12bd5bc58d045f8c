-- Adds the items of one score; a reply length under 0 is unknown.
insert into hub.items
select
    $score,
    item,
    value,
    cluster,
    case when reply_length >= 0 then reply_length end
from lent_items
