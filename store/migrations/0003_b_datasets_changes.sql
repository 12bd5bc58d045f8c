-- What models were trained on, by every place that says so, and when the status of models changed.
create table hub.trained_on (
    model varchar not null,
    dataset varchar not null,
    evidence varchar not null,
    declared_as varchar not null
);

insert into hub.trained_on
select
    model,
    dataset,
    evidence,
    declared_as
from trained_on;

create or replace view trained_on as
from hub.trained_on;

create table hub.status_changes (
    hub_id varchar not null,
    id varchar not null,
    before varchar not null,
    after varchar not null,
    evidence varchar,
    crawl integer not null,
    seen_at timestamptz not null
);

insert into hub.status_changes
select
    models.hub_id,
    models.id,
    'present',
    gone.status,
    gone.evidence,
    gone.crawl,
    gone.checked_at
from hub.gone
inner join hub.models using (id)
where models.status in ('deleted', 'private')
    and gone.status = models.status;
