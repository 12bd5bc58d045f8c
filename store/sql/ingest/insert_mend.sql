-- Reports one change that a record needed before it could be stored.
insert into hub.problems
select
    $hub_id,
    $model,
    $field,
    $problem,
    $value,
    page_facts.crawl
from page_facts
