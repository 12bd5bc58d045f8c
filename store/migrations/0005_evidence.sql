-- Every piece of evidence a row of its own, a person's corrections, and edges that say whether they were inferred.
create table hub.evidence (
    child varchar not null,
    parent varchar not null,
    kind varchar not null,
    rule varchar,
    relation varchar,
    declared_as varchar not null,
    resolution varchar not null,
    confidence double not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

create table hub.corrections (
    child varchar not null,
    parent varchar not null,
    verdict varchar not null,
    relation varchar,
    note varchar,
    made_at timestamptz not null
);

alter table hub.edges add column inferred boolean;

alter table hub.edges add column rule varchar;

update hub.edges
set inferred = false;

alter table hub.families add column inferred boolean;

update hub.families
set inferred = false;

delete from hub.derived
where name = 'graph';

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
    edges.first_seen_at,
    edges.last_seen_at
from hub.edges
inner join hub.nodes
    on nodes.id = edges.parent;

create view evidence as
select
    evidence.child,
    evidence.parent,
    evidence.kind,
    evidence.relation,
    evidence.declared_as,
    evidence.resolution,
    evidence.confidence,
    evidence.rule,
    evidence.kind in ('plain tag', 'readme', 'weights', 'name') as inferred,
    edges.child is not null as is_edge,
    evidence.first_seen_at,
    evidence.last_seen_at
from hub.evidence
left join hub.edges
    on edges.child = evidence.child
    and edges.parent = evidence.parent;

create view corrections as
from hub.corrections;

create or replace view families as
from hub.families;

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
comment on column edges.first_seen_at is 'UTC; when its evidence was first seen';
comment on column edges.last_seen_at is 'UTC; when it last was';

comment on view evidence is 'Why an edge is believed, or was not: one row for each child, parent, kind of evidence and text.';
comment on column evidence.child is 'id of the derivative';
comment on column evidence.parent is 'id of the model that the evidence leads to';
comment on column evidence.kind is 'human, hub, card, tag, config, adapter_config, mergekit, gguf; inferred: plain tag, readme, weights, name';
comment on column evidence.relation is 'relation that this evidence gives; null where none';
comment on column evidence.declared_as is 'the text as written; of inferred evidence the words, file or sentence that it rests on';
comment on column evidence.resolution is 'as in `edges`';
comment on column evidence.confidence is 'how likely the parent is right by this evidence alone, 0 to 1';
comment on column evidence.rule is 'the rules that concluded it (docs/inference.md); null where it is declared';
comment on column evidence.inferred is 'true where it is no declaration but a conclusion';
comment on column evidence.is_edge is 'false where it made no edge: a person rejected it, or it is too weak';
comment on column evidence.first_seen_at is 'UTC';
comment on column evidence.last_seen_at is 'UTC';

comment on view corrections is 'What people said of edges with `lineage edge`. The last word on a child and parent counts. One row each.';
comment on column corrections.child is 'id of the derivative, as it was called then';
comment on column corrections.parent is 'id of the model it was or was not made from, as it was called then';
comment on column corrections.verdict is 'add or reject';
comment on column corrections.relation is 'finetune, adapter, quantized or merge; null where the signs decide, and of a rejection';
comment on column corrections.note is 'why, in the words of the person; null where nothing was said';
comment on column corrections.made_at is 'UTC';

comment on view families is 'Where each model stands in the graph. One row a model.';
comment on column families.model is 'id';
comment on column families.root is 'the nearest ancestor without parents; itself where it has none';
comment on column families.depth is 'edges up to the root';
comment on column families.family_size is 'models that share this root, itself included';
comment on column families.component is 'number of the weakly connected part of the graph; counts from 0 and changes with every crawl';
comment on column families.inferred is 'true where only an inferred edge leads to this root';
