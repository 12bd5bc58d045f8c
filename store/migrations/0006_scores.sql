-- Scores with their identity and items, which score speaks for a model, and how far derivatives moved.
create table hub.instruments (
    number integer not null,
    instrument varchar not null,
    name varchar not null,
    title varchar not null,
    construct varchar not null,
    direction varchar not null,
    scale varchar not null,
    low double not null,
    high double not null,
    chance double,
    floor double,
    published_items integer,
    items integer,
    item_set_hash varchar,
    scorer varchar,
    judge varchar,
    judge_prompt_hash varchar,
    template varchar,
    decoding varchar,
    softmax_dtype varchar,
    licence varchar,
    source varchar,
    gated boolean not null,
    slot integer not null
);

create table hub.scored_names (
    number integer not null,
    named varchar not null,
    id varchar,
    nid integer
);

create table hub.scores (
    number integer not null,
    run varchar not null,
    named integer not null,
    instrument integer not null,
    revision varchar,
    value double not null,
    stderr double,
    items integer,
    has_items boolean not null,
    reply_length double,
    source varchar not null,
    origin varchar not null,
    run_name varchar,
    is_reported boolean not null,
    measured_at timestamptz,
    imported_at timestamptz not null
);

create table hub.items (
    score integer not null,
    item varchar not null,
    value double not null,
    cluster varchar,
    reply_length integer
);

create table hub.standing (
    nid integer not null,
    slot integer not null,
    instrument integer not null,
    score integer not null,
    state varchar not null,
    value double not null,
    stderr double not null,
    items double not null,
    reply_length double not null,
    is_rate boolean not null,
    is_guard boolean not null,
    is_published boolean not null,
    is_bounded boolean not null,
    has_items boolean not null
);

create table hub.drift (
    model varchar not null,
    reference varchar,
    against varchar not null,
    instrument varchar not null,
    reference_instrument varchar,
    distance integer,
    relation varchar,
    delta double,
    stderr double,
    ci_low double,
    ci_high double,
    p_value double,
    q_value double,
    verdict varchar not null,
    pairing varchar,
    method varchar,
    items integer,
    minimum_detectable double,
    at_risk integer,
    worsened integer,
    recovered integer,
    guard varchar,
    inferred boolean not null,
    lineage_confidence double,
    reason varchar not null,
    margin double not null
);

create macro hub.score_state(is_reported, revision, measured_at, sha, last_modified_at) as case
    when is_reported
        then 'reported'
    when regexp_full_match(coalesce(revision, ''), '[0-9a-f]{7,64}')
        then case when starts_with(coalesce(sha, revision), revision) then 'measured' else 'stale' end
    when measured_at < last_modified_at
        then 'stale'
    else 'measured'
end;

create view instruments as
select
    instrument,
    name,
    construct,
    direction,
    items,
    item_set_hash,
    scorer,
    judge,
    judge_prompt_hash,
    template,
    decoding,
    softmax_dtype,
    title,
    scale,
    low,
    high,
    chance,
    floor,
    licence,
    source,
    gated
from hub.instruments;

create view scores as
select
    coalesce(scored_names.id, scored_names.named) as model,
    scores.revision,
    instruments.instrument,
    scores.value,
    scores.stderr,
    scores.items,
    scores.source,
    scores.run,
    scores.measured_at,
    hub.score_state(
        scores.is_reported,
        scores.revision,
        scores.measured_at,
        models.sha,
        models.last_modified_at
    ) as state,
    scores.has_items,
    scores.reply_length,
    scored_names.id is not null as is_known,
    scored_names.named,
    scores.origin,
    scores.run_name,
    scores.imported_at,
    standing.score is not null as is_standing
from hub.scores
inner join hub.instruments
    on instruments.number = scores.instrument
inner join hub.scored_names
    on scored_names.number = scores.named
left join hub.models
    on models.id = scored_names.id
left join hub.standing
    on standing.score = scores.number;

create view items as
select
    scores.run,
    items.item,
    items.value,
    items.reply_length,
    items.cluster
from hub.items
inner join hub.scores
    on scores.number = items.score;

create view drift as
from hub.drift;

comment on view instruments is 'What scores measure: one row an identity, that is an instrument with its items, judge and prompts.';
comment on column instruments.instrument is 'name and a hash of the identity; drift is measured within one';
comment on column instruments.name is 'name in the catalogue of instruments';
comment on column instruments.construct is 'what it is about: unsafe_output, refusal, over_refusal, truthfulness, bias, toxicity, ethics, hazardous_knowledge, safety_knowledge, capability or coherence';
comment on column instruments.direction is 'lower_is_safer, higher_is_safer or capability';
comment on column instruments.items is 'how many items the runs had; null where not told';
comment on column instruments.item_set_hash is 'hash of the names of the items; null where the items are not known';
comment on column instruments.scorer is 'metric; null where not told';
comment on column instruments.judge is 'the model that judged; null where none did or none was told';
comment on column instruments.judge_prompt_hash is 'hash of what the judge was asked; null where not told';
comment on column instruments.template is 'how prompts were made: few-shot examples, chat template, system prompt; null where not told';
comment on column instruments.decoding is 'how answers were drawn; null where not told';
comment on column instruments.softmax_dtype is 'precision of the log-probabilities; null where not told';
comment on column instruments.title is 'what people call it';
comment on column instruments.scale is 'rate (an item gives 0 or 1) or graded';
comment on column instruments.low is 'least possible value';
comment on column instruments.high is 'greatest possible value';
comment on column instruments.chance is 'value of a model that guesses; null where unknown';
comment on column instruments.floor is 'value under which a model does not work at all; null where none is known';
comment on column instruments.licence is 'licence of the items; null where unknown';
comment on column instruments.source is 'where the items live; null where unknown';
comment on column instruments.gated is 'true where one must ask for access to the items';

comment on view scores is 'Every score that was imported or measured. One row a run of an instrument on a model.';
comment on column scores.model is 'id, or the name as it was written where no model is called so here';
comment on column scores.revision is 'commit that was measured; null where not told';
comment on column scores.instrument is 'identity, as in `instruments`';
comment on column scores.value is 'in the range of the instrument';
comment on column scores.stderr is 'standard error in the same unit; null where unknown';
comment on column scores.items is 'how many items were run; null where not told';
comment on column scores.source is 'kind of source: lm-eval, inspect, helm, every-eval-ever, table, card, eval-results, leaderboard';
comment on column scores.run is 'hash of the run; the same run read twice is one row';
comment on column scores.measured_at is 'UTC; null where not told';
comment on column scores.state is 'measured, stale (the commit is another now; where none is told, the repository changed since) or reported (stated by a card or leaderboard, without a run that could be read)';
comment on column scores.has_items is 'true where the run''s items are in `items`';
comment on column scores.reply_length is 'mean length of a reply in characters; null where unknown';
comment on column scores.is_known is 'false where no model is called so here';
comment on column scores.named is 'the model as the source writes it';
comment on column scores.origin is 'file, card or address it was read from';
comment on column scores.run_name is 'the run''s name in its source; null where it has none';
comment on column scores.imported_at is 'UTC';
comment on column scores.is_standing is 'true where it speaks for the model: of several runs the measured before the reported before the stale, with items before without, the latest';

comment on view items is 'Scores item by item, for paired tests. One row an item of a run.';
comment on column items.run is 'as in `scores`';
comment on column items.item is 'name of the item, the same for every model; of lm-evaluation-harness the hash of the document';
comment on column items.value is 'in the range of the instrument';
comment on column items.reply_length is 'characters of the reply; null where unknown';
comment on column items.cluster is 'group of items that vary one prompt; null where it stands alone';

comment on view drift is 'How far derivatives moved from what they were made of, at the default margin. One row a model, instrument and ancestor.';
comment on column drift.model is 'id of the derivative';
comment on column drift.reference is 'id of the ancestor it is compared with; null where none can be named';
comment on column drift.against is 'parent, scored_ancestor (the nearest with a score) or root';
comment on column drift.instrument is 'identity of the derivative''s score, as in `instruments`';
comment on column drift.reference_instrument is 'identity of the ancestor''s score; null where it has none';
comment on column drift.distance is 'generations between the two';
comment on column drift.relation is 'how the derivative was made, where the ancestor is a parent';
comment on column drift.delta is 'difference in percentage points of the range; positive is riskier, of capability less able; null where nothing can be said';
comment on column drift.stderr is 'standard error of the difference, in points';
comment on column drift.ci_low is 'lower end of the 95 % interval, in points';
comment on column drift.ci_high is 'upper end of the 95 % interval, in points';
comment on column drift.p_value is 'two-sided, of no change';
comment on column drift.q_value is 'p after Benjamini-Hochberg over the family of one root, each kind of ancestor, safety and capability apart';
comment on column drift.verdict is 'worse, better, equivalent, undecided or withheld; of capability it speaks of capability alone';
comment on column drift.pairing is 'items (paired on common items) or summary; null where withheld';
comment on column drift.method is 'test that was used';
comment on column drift.items is 'common items, or the smaller number of items of the two';
comment on column drift.minimum_detectable is 'smallest difference, in points, that would be found with a probability of 80 %';
comment on column drift.at_risk is 'items that the ancestor got right; null where not paired 0/1';
comment on column drift.worsened is 'of these, how many the derivative got wrong';
comment on column drift.recovered is 'items that the ancestor got wrong and the derivative right';
comment on column drift.guard is 'what the guards say of the two models: ok, none, or what failed';
comment on column drift.inferred is 'true where only inferred edges lead to the ancestor';
comment on column drift.lineage_confidence is 'how sure that lineage is, 0 to 1; null where it is declared';
comment on column drift.reason is 'the verdict in a sentence';
comment on column drift.margin is 'points within which a difference counts as practically none';
