-- Files the models that the Hub does not show.
insert into hub.gone
select
    id,
    any_value(status),
    any_value(evidence),
    $crawl,
    $now
from lent_gone
group by id
