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

comment on view trained_on is 'Data sets that models say they were trained on. One row a model, data set and place that says so.';
comment on column trained_on.model is 'id';
comment on column trained_on.dataset is 'id of the data set, with or without its organisation as it was written; addresses of the Hub are cut to ids';
comment on column trained_on.evidence is 'tag, card (the record''s), readme (the front matter of a card that was fetched)';
comment on column trained_on.declared_as is 'the text as written; of a tag the whole tag';

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
