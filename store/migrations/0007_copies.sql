-- Parents that are only copies, the newer models that cards name, and the ways on which domains are inherited.
alter table hub.models add column card_new_version varchar;

update hub.models
set card_new_version = left(body ->> '$.cardData.new_version', 500)
where json_type(body, '$.cardData.new_version') = 'VARCHAR';

alter table hub.edges add column original varchar;

alter table hub.edges add column original_inferred boolean;

alter table hub.reach add column inferred integer;

alter table hub.other_roots add column inferred boolean;

delete from hub.derived
where name = 'graph';

create or replace view roots as
select
    model,
    root,
    depth as distance,
    inferred
from hub.families
union all
from hub.other_roots;

create or replace view exposure as
select
    nodes.id as model,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, models.downloads, 0) as exposure,
    coalesce(reach.inferred, 0) as inferred
from hub.nodes
left join hub.models using (id)
left join hub.reach
    on reach.model = nodes.id;

create or replace view edges as
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_relation,
    edges.hub_relation,
    edges.declared_as,
    nodes.status as parent_status,
    edges.resolution,
    edges.relation_reason,
    edges.inferred,
    edges.rule,
    edges.original,
    edges.original_inferred,
    edges.first_seen_at,
    edges.last_seen_at
from hub.edges
inner join hub.nodes
    on nodes.id = edges.parent;

create view new_versions as
select
    models.id as model,
    coalesce(listed.id, aliases.id, models.card_new_version) as new_version,
    models.card_new_version as declared_as,
    case
        when coalesce(listed.id, aliases.id) is null then 'missing'
        when coalesce(listed.id, aliases.id) = models.id then 'itself'
        when successor.created_at < models.created_at then 'older'
        else 'found'
    end as resolution,
    models.last_seen_at
from hub.models as models
left join hub.models as listed
    on listed.id = models.card_new_version
left join aliases
    on aliases.alias = models.card_new_version
left join hub.models as successor
    on successor.id = coalesce(listed.id, aliases.id)
where models.card_new_version is not null;

comment on view edges is 'Who was made from whom: one row for each child and parent, however much evidence there is.';
comment on column edges.child is 'id of the derivative';
comment on column edges.parent is 'id of the model it was made from, resolved; as declared where nobody has it';
comment on column edges.relation is 'finetune, adapter, quantized or merge';
comment on column edges.evidence is 'the kind of evidence that decided, as in `evidence`';
comment on column edges.confidence is 'how likely the edge is right, 0 to 1, by the evidence that decided';
comment on column edges.declared_relation is 'relation as the card writes it; null where it does not';
comment on column edges.hub_relation is 'relation as the Hub states it; null where it does not';
comment on column edges.declared_as is 'the parent as that evidence writes it';
comment on column edges.parent_status is 'status of the parent, as in `models`';
comment on column edges.resolution is 'how the text led to the parent: exact, renamed, case, legacy (a bare name from before 2022), missing; inferred where no place declares it';
comment on column edges.relation_reason is 'what decided the relation: human, card, hub, typed tag, or the sign that it was inferred from';
comment on column edges.inferred is 'true where nobody declared the edge and it was concluded from signs';
comment on column edges.rule is 'the rules that concluded it (docs/inference.md); null where it is declared';
comment on column edges.original is 'the model that was meant where the parent is only a copy of it, of fewer bits or the same files: made from `original` via `parent`; null where the parent is no copy';
comment on column edges.original_inferred is 'true where nobody declared of what the parent is a copy; null where it is none';
comment on column edges.first_seen_at is 'UTC; when its evidence was first seen';
comment on column edges.last_seen_at is 'UTC; when it last was';

comment on view new_versions is 'The newer model that a card names for its own (`new_version`). One row a model whose card names one. It is no parent.';
comment on column new_versions.model is 'id';
comment on column new_versions.new_version is 'id of the newer model, through renames; as written where nobody has it';
comment on column new_versions.declared_as is 'the text as written, up to 500 characters';
comment on column new_versions.resolution is 'found, missing (no such model here), itself, or older (it was there before, so it cannot be a newer one)';
comment on column new_versions.last_seen_at is 'UTC; when the card was last seen';

comment on column domains.signals is 'what says so, strongest first: name:, tag:, dataset:, author:; where inherited ancestor:, distance:, path: (from the parent up to the ancestor) and inferred edges:';

comment on view exposure is 'What stands below every model, each derivative counted once however it is reached.';
comment on column exposure.model is 'id';
comment on column exposure.derivatives is 'how many models were made from it, over all generations';
comment on column exposure.exposure is 'downloads of the model and of all its derivatives; what is unknown counts as 0';
comment on column exposure.inferred is 'how many of the derivatives are so over inferred edges alone';

comment on view roots is 'Every root of every model: models without a parent, of a cycle the first id. Who merges has several.';
comment on column roots.model is 'id';
comment on column roots.root is 'id; a root is its own';
comment on column roots.distance is 'generations from the model up to the root, over the shortest way';
comment on column roots.inferred is 'true where only inferred edges lead to this root';
