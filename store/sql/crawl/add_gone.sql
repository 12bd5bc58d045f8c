-- Files the models that the Hub does not show.
insert into hub.gone
select
    id,
    status,
    evidence,
    $crawl,
    $now
from lent_gone
