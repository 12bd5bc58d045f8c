-- The graph in numbers, the roots of models that have several, and what stands below a model.
create table hub.links (
    child integer not null,
    parent integer not null,
    relation utinyint not null
);

create table hub.other_roots (
    model varchar not null,
    root varchar not null,
    distance integer not null
);

create table hub.reach (
    model varchar not null,
    derivatives integer not null,
    exposure bigint not null
);

create view roots as
select
    model,
    root,
    depth as distance
from hub.families
union all
from hub.other_roots;

create view exposure as
select
    nodes.id as model,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, models.downloads, 0) as exposure
from hub.nodes
left join hub.models using (id)
left join hub.reach
    on reach.model = nodes.id;

insert into hub.links
select
    child.nid,
    parent.nid,
    list_position(['finetune', 'adapter', 'quantized', 'merge'], edges.relation) - 1
from hub.edges
inner join hub.nodes as child
    on child.id = edges.child
inner join hub.nodes as parent
    on parent.id = edges.parent;

delete from hub.derived
where name = 'graph';

comment on view roots is 'Every root of every model: models without a parent, of a cycle the first id. Who merges has several.';
comment on column roots.model is 'id';
comment on column roots.root is 'id; a root is its own';
comment on column roots.distance is 'generations from the model up to the root, over the shortest way';
comment on view exposure is 'What stands below every model, each derivative counted once however it is reached.';
comment on column exposure.model is 'id';
comment on column exposure.derivatives is 'how many models were made from it, over all generations';
comment on column exposure.exposure is 'downloads of the model and of all its derivatives; what is unknown counts as 0';
