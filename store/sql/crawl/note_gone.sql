-- Notes which stored models the Hub stopped showing, and by whose word.
insert into hub.status_changes
select
    models.hub_id,
    models.id,
    models.status,
    lent_gone.status,
    lent_gone.evidence,
    $crawl,
    $now
from hub.models
inner join lent_gone using (id)
where lent_gone.status <> 'missing'
    and lent_gone.status <> models.status
