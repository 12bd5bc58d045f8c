-- The first schema: tables in the schema `hub`, and the views that users, exports and reports read (docs/schema.md).
create schema hub;

create table hub.migrations (
    version integer not null,
    applied_at timestamptz not null
);

-- The records of the Hub, and how far it was asked: crawls, their walks, records, their history, problems, names and files.
create table hub.crawls (
    crawl integer not null,
    scope varchar not null,
    endpoint varchar not null,
    state varchar not null,
    started_at timestamptz not null,
    covers_at timestamptz not null,
    finished_at timestamptz,
    requests bigint not null,
    records bigint not null,
    bytes bigint not null,
    notes varchar[] not null
);

create table hub.walks (
    crawl integer not null,
    walk varchar not null,
    state varchar not null,
    request varchar not null,
    until varchar,
    pages integer not null,
    records bigint not null,
    top_id varchar,
    last_id varchar
);

create table hub.models (
    hub_id varchar not null,
    id varchar not null,
    author varchar,
    created_at timestamptz,
    last_modified_at timestamptz,
    sha varchar,
    downloads bigint,
    downloads_all_time bigint,
    likes bigint,
    pipeline_tag varchar,
    library varchar,
    license varchar,
    gated varchar,
    parameters bigint,
    tags varchar[],
    card_languages varchar[],
    card_parent json,
    card_relation json,
    base_models json,
    children json,
    peft_parent varchar,
    architecture varchar,
    model_type varchar,
    quantization varchar,
    is_adapter boolean,
    is_quantized boolean,
    reported_results integer,
    card_hash varchar,
    card_new_version varchar,
    detail utinyint not null,
    status varchar not null,
    status_evidence varchar,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    crawl integer not null,
    body_hash ubigint,
    body json not null using compression zstd
);

create table hub.history (
    hub_id varchar not null,
    id varchar not null,
    sha varchar,
    reason varchar not null,
    seen_at timestamptz not null,
    replaced_at timestamptz not null,
    crawl integer not null,
    body json not null using compression zstd
);

create table hub.problems (
    hub_id varchar,
    model varchar,
    field varchar not null,
    problem varchar not null,
    value varchar,
    crawl integer not null
);

create table hub.aliases (
    alias varchar not null,
    hub_id varchar not null,
    evidence varchar not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

create table hub.gone (
    id varchar not null,
    status varchar not null,
    evidence varchar not null,
    crawl integer not null,
    checked_at timestamptz not null
);

create table hub.files (
    model varchar not null,
    path varchar not null,
    sha varchar,
    content varchar,
    absent varchar,
    fetched_at timestamptz not null,
    crawl integer not null
);

create table hub.file_hashes (
    model varchar not null,
    path varchar not null,
    sha varchar,
    size_bytes bigint,
    oid varchar,
    lfs_oid varchar
);

-- What was read of weights, by crawls with --weights, and what two models' weights say of their origin.
create table hub.weight_files (
    model varchar not null,
    sha varchar,
    file varchar,
    file_bytes bigint,
    file_sha256 varchar,
    header_sha256 varchar,
    tensors integer,
    parameters bigint,
    unread varchar,
    refused boolean not null,
    needed_bytes bigint,
    bytes_read bigint,
    requests integer,
    shapes varchar,
    modules varchar,
    read_at timestamptz not null,
    crawl integer not null
);

create table hub.weight_matrices (
    model varchar not null,
    number utinyint not null,
    name varchar not null,
    dtype varchar not null,
    matrix_rows bigint not null,
    columns integer not null,
    kept_columns integer not null,
    kept_as varchar not null,
    content blob not null using compression zstd,
    products blob not null using compression zstd,
    sketch blob,
    sketch_rows utinyint
);

create table hub.weight_pairs (
    a varchar not null,
    b varchar not null,
    a_sha varchar,
    b_sha varchar,
    verdict varchar not null,
    contradicts boolean not null,
    p varchar,
    log10_p double,
    fixed_points integer,
    columns integer,
    rows integer,
    correlation double,
    agreement double,
    equal_share double,
    change double,
    reason varchar not null,
    findings varchar,
    compared_at timestamptz not null
);

create table hub.weight_findings (
    model varchar not null,
    relative varchar not null,
    number utinyint not null,
    finding varchar not null,
    figure double,
    reason varchar not null,
    read_at timestamptz not null
);

create table hub.weight_changes (
    model varchar not null,
    relative varchar not null,
    role varchar not null,
    layer smallint,
    numbers integer not null,
    equal_share double not null,
    change double
);

create table hub.weight_mixtures (
    model varchar not null,
    parent varchar not null,
    is_base boolean not null,
    weight double,
    copied_share double,
    verdict varchar not null,
    residual double,
    rounding double,
    reason varchar,
    read_at timestamptz not null
);

-- What is kept of close readings for predictions of drift: 256 sums of each part that was read (`lineage weights --keep`).
create table hub.weight_modules (
    model varchar not null,
    sha varchar,
    role varchar not null,
    layer integer,
    first_row bigint not null,
    stop_row bigint not null,
    columns integer not null,
    sums blob not null,
    read_at timestamptz not null
);

create table hub.status_changes (
    hub_id varchar not null,
    id varchar not null,
    before varchar not null,
    after varchar not null,
    evidence varchar,
    crawl integer not null,
    seen_at timestamptz not null
);

-- What changed since the derived tables were written, one row or more for each name concerned (store/ingest/ingest.py).
create table hub.changed (
    hub_id varchar,
    id varchar not null,
    what varchar not null
);

create view crawls as
select
    crawls.crawl,
    crawls.scope,
    crawls.endpoint,
    crawls.started_at,
    crawls.finished_at,
    crawls.state,
    crawls.requests,
    crawls.records,
    crawls.bytes,
    (
        select min(walks.request)
        from hub.walks
        where walks.crawl = crawls.crawl
            and walks.state = 'open'
    ) as cursor,
    crawls.notes
from hub.crawls;

comment on view crawls is 'Crawls and loads, finished or not. One row per crawl.';
comment on column crawls.crawl is 'number, from 1';
comment on column crawls.scope is 'what was asked for: all, domains with options, or load';
comment on column crawls.endpoint is 'address that was crawled, or name and size of the loaded file';
comment on column crawls.started_at is 'UTC';
comment on column crawls.finished_at is 'UTC; null while it is not finished';
comment on column crawls.state is 'running, stopped or finished';
comment on column crawls.requests is 'requests sent so far';
comment on column crawls.records is 'records received so far, known ones too';
comment on column crawls.bytes is 'compressed bytes received so far';
comment on column crawls.cursor is 'the request it continues with; null if nothing is left';
comment on column crawls.notes is 'what a person should know about it; empty if nothing';

create view problems as
select
    model,
    field,
    problem,
    value,
    crawl
from hub.problems;

comment on view problems is 'Everything that could not be read as expected. One row per fault.';
comment on column problems.model is 'id; null if the record had none';
comment on column problems.field is 'where: record and the path in it, lineage.parent or lineage.cycle';
comment on column problems.problem is 'what is wrong, and what was done about it';
comment on column problems.value is 'the value there, up to 2,000 characters; null if there is none';
comment on column problems.crawl is 'the crawl that found it; -1 for faults of the graph as a whole';

create view aliases as
select
    aliases.alias,
    models.id,
    aliases.evidence,
    aliases.first_seen_at,
    aliases.last_seen_at
from hub.aliases
inner join hub.models using (hub_id)
where aliases.alias <> models.id;

comment on view aliases is 'Former names that lead to a model. One row per name and model.';
comment on column aliases.alias is 'the former name';
comment on column aliases.id is 'current name';
comment on column aliases.evidence is 'rename (seen under both names) or redirect (the Hub forwards the old name)';
comment on column aliases.first_seen_at is 'UTC; when the name was first found to be a former one';
comment on column aliases.last_seen_at is 'UTC; when that was last confirmed';

create view history as
select
    id as model,
    hub_id,
    sha as revision,
    reason,
    seen_at,
    replaced_at,
    crawl,
    body as record
from hub.history;

comment on view history is 'Earlier records of models whose files, card or name changed. One row per change.';
comment on column history.model is 'name at that time';
comment on column history.hub_id is 'the Hub''s `_id`';
comment on column history.revision is 'commit at that time; null if not reported';
comment on column history.reason is 'what changed: revision, card, renamed, or recreated (another repository has the name now)';
comment on column history.seen_at is 'UTC; when it was last seen in that state';
comment on column history.replaced_at is 'UTC; when the change was seen';
comment on column history.crawl is 'the crawl that saw the change';
comment on column history.record is 'the old record as the Hub gave it';

create view records as
select
    id as model,
    hub_id,
    body as record
from hub.models;

comment on view records is 'The Hub''s record of each model as it was received. One row per model.';
comment on column records.model is 'id';
comment on column records.hub_id is 'the Hub''s `_id`';
comment on column records.record is 'JSON with the Hub''s own keys; repaired where the database could not store it (see `problems`)';

-- What follows from the records: the derived tables, which `store/derive` writes anew.
-- What the weights of both ends of an edge say of it; a merge may have its embedding from another parent.
create macro hub.weights_say(verdict, contradicts, p, relation) as case
    when contradicts then if(relation = 'merge', 'no sign', 'contradicted')
    when verdict = 'same origin' then 'p = ' || p
    when verdict <> 'not comparable' then verdict
end;

create view weight_files as
select
    model,
    sha as revision,
    file,
    file_bytes,
    file_sha256,
    header_sha256,
    tensors,
    parameters,
    unread,
    refused,
    needed_bytes,
    bytes_read,
    requests,
    read_at
from hub.weight_files;

comment on view weight_files is 'What was read of the weights of models, by `lineage crawl --weights`: one row per model.';
comment on column weight_files.model is 'id of the model when it was read';
comment on column weight_files.revision is 'the commit that was read; null if it is not known';
comment on column weight_files.file is 'path of the file; null if none was read';
comment on column weight_files.file_bytes is 'size of that file in bytes';
comment on column weight_files.file_sha256 is 'SHA-256 of that file as the Hub tells it; null if it does not';
comment on column weight_files.header_sha256 is 'SHA-256 of the bytes of its header: equal where two files hold tensors of the same names, shapes and types in one order';
comment on column weight_files.tensors is 'tensors in that file';
comment on column weight_files.parameters is 'numbers in that file';
comment on column weight_files.unread is 'why no weights were read; null if they were';
comment on column weight_files.refused is 'true if it was not read because the Hub did not give us access';
comment on column weight_files.needed_bytes is 'how many bytes its header takes at least, if it was not read because fewer were allowed; null otherwise';
comment on column weight_files.bytes_read is 'bytes of the file that were read; null if none was read';
comment on column weight_files.requests is 'requests that it took, one that was redirected counted once; null if no file was read';
comment on column weight_files.read_at is 'UTC; when it was read';

create view weight_pairs as
select
    a,
    b,
    verdict,
    contradicts,
    p,
    log10_p,
    fixed_points,
    columns,
    rows,
    correlation,
    agreement,
    equal_share,
    change,
    reason,
    findings,
    a_sha as a_revision,
    b_sha as b_revision,
    compared_at
from hub.weight_pairs;

comment on view weight_pairs is 'What the weights of two models say of their origin (`lineage docs weights`): models with an edge, and models whose rows look alike. One row per pair, in the order of their ids.';
comment on column weight_pairs.a is 'id of the one model';
comment on column weight_pairs.b is 'id of the other model';
comment on column weight_pairs.verdict is 'identical, rounded, same origin, turned (the same rows up to a turn of their coordinates), no sign, open or not comparable; of an adapter and a model: shapes fit or shapes differ';
comment on column weight_pairs.contradicts is 'true if there is no sign of one origin in rows of a layer either, which depend on no vocabulary, or if the adapter cannot belong to the model';
comment on column weight_pairs.p is 'the probability that so many columns match by chance, at most; null if nothing was tested';
comment on column weight_pairs.log10_p is 'its decimal logarithm';
comment on column weight_pairs.fixed_points is 'how many columns match the column of the same number';
comment on column weight_pairs.columns is 'of how many';
comment on column weight_pairs.rows is 'on how many rows';
comment on column weight_pairs.correlation is 'mean correlation of columns of the same number, -1 to 1';
comment on column weight_pairs.agreement is 'correlation of the products of rows with each other, -1 to 1, which no turn of the coordinates changes; null where columns match, or too few rows say something';
comment on column weight_pairs.equal_share is 'share of equal numbers in the common rows, 0 to 1';
comment on column weight_pairs.change is 'relative difference of the common rows, |a - b| / |a|';
comment on column weight_pairs.reason is 'what the verdict rests on, in words';
comment on column weight_pairs.findings is 'what a close reading found, in a few words, as in `weight_findings`; null if they were not read closely';
comment on column weight_pairs.a_revision is 'the commit of the one that was read; null if it is not known';
comment on column weight_pairs.b_revision is 'the commit of the other that was read; null if it is not known';
comment on column weight_pairs.compared_at is 'UTC; when they were compared';

create view weight_findings as
select
    model,
    relative,
    number,
    finding,
    figure,
    reason,
    read_at
from hub.weight_findings;

comment on view weight_findings is 'How a model differs from a relative of one origin, by a close reading (`lineage docs weights`): parents, and the nearest relatives of models without one. One row per finding.';
comment on column weight_findings.model is 'id of the model: the child of an edge, otherwise the younger of the two';
comment on column weight_findings.relative is 'id of the other';
comment on column weight_findings.number is 'its place among the findings of the pair, from 1';
comment on column weight_findings.finding is 'equal, rounded copy, quantized copy, frozen parts, low rank, high rank, rank open, edited direction, larger vocabulary, parent, parent open, not comparable or not read';
comment on column weight_findings.figure is 'the number that it rests on: a change, how many parts, a rank, a cosine or rows; null if it rests on none';
comment on column weight_findings.reason is 'what was found, in words';
comment on column weight_findings.read_at is 'UTC; when they were read';

create view weight_changes as
select
    model,
    relative,
    role,
    layer,
    numbers,
    equal_share,
    change
from hub.weight_changes;

comment on view weight_changes is 'How far each part of a model lies from the same part of a relative, on the rows of a close reading. One row per pair, role and layer.';
comment on column weight_changes.model is 'id, as in `weight_findings`';
comment on column weight_changes.relative is 'id, as in `weight_findings`';
comment on column weight_changes.role is 'what the part is for: token_embedding, output_head, query, key, value, attention_output, gate, up, down or norm';
comment on column weight_changes.layer is 'number of its layer, from 0; null if it belongs to none';
comment on column weight_changes.numbers is 'numbers that were read of both';
comment on column weight_changes.equal_share is 'share of equal numbers, 0 to 1';
comment on column weight_changes.change is 'relative difference, |model - relative| / |relative|; null if those of the relative are zero';

create view weight_mixtures as
select
    model,
    parent,
    is_base,
    weight,
    copied_share,
    verdict,
    residual,
    rounding,
    reason,
    read_at
from hub.weight_mixtures;

comment on view weight_mixtures is 'Models weighed as a mixture of relatives: merges, and models without a parent that have several relatives of one origin. One row per model and parent.';
comment on column weight_mixtures.model is 'id of the model that was weighed';
comment on column weight_mixtures.parent is 'id of a parent that it was weighed with';
comment on column weight_mixtures.is_base is 'true for the base whose change was weighed';
comment on column weight_mixtures.weight is 'the parent''s weight; null unless the verdict is mixture';
comment on column weight_mixtures.copied_share is 'share of the changed numbers that are one fixed multiple of this parent''s change, 0 to 1; null without a base';
comment on column weight_mixtures.verdict is 'mixture, parents, not weights, no mixture, open, or not fitted';
comment on column weight_mixtures.residual is 'share of the change that the weights leave on rows that they were not fitted on';
comment on column weight_mixtures.rounding is 'share of it that rounding is expected to leave';
comment on column weight_mixtures.reason is 'why nothing was fitted; null if it was';
comment on column weight_mixtures.read_at is 'UTC; when it was weighed';

create table hub.derived (
    name varchar not null,
    value varchar not null,
    derived_at timestamptz not null
);

-- Whether the derived tables follow from the records, but for what `hub.changed` names.
create macro hub.is_derived() as exists (
    select 1
    from hub.derived
    where name in ('graph', 'changed')
);

-- What is compared of names before their words are: the letters and digits of the last part, as a hash; null where it has
-- characters that ids of the Hub have not.
create macro hub.letters_of(name) as case
    when not regexp_matches(split_part(name, '/', -1), '[^A-Za-z0-9._-]')
        then hash(translate(lower(split_part(name, '/', -1)), '-_.', ''))
end;

-- `hub.nodes` and the tables by model below are written in the order of the ids, so that one id is found by the ranges
-- that DuckDB keeps; `place` is the row of `hub.models` that had the record when the numbers were given.
create table hub.nodes (
    nid integer not null,
    id varchar not null,
    hub_id varchar,
    status varchar not null,
    place bigint,
    letters ubigint
);

-- The words of a name, as the rules that infer parents read names (`lineage.parents.repo_names.split_name`).
create macro hub.words_in(name) as regexp_extract_all(lower(name), '[a-z]+|[0-9]+(?:\.[0-9]+)*');

create table hub.declarations (
    child varchar not null,
    evidence varchar not null,
    declared_as varchar not null,
    relation varchar,
    named varchar,
    form varchar not null,
    reason varchar,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

create table hub.resolutions (
    named varchar not null,
    parent varchar not null,
    resolution varchar not null
);

create table hub.evidence (
    child varchar not null,
    parent varchar not null,
    kind varchar not null,
    rule varchar,
    relation varchar,
    declared_as varchar not null,
    resolution varchar not null,
    confidence double not null,
    inferred boolean not null,
    carried_over_from varchar,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

-- The files of vendor facts in force, in their order, with null for the one that ships: no row where it alone is.
create table hub.curated_files (
    place integer not null,
    text varchar
);

create table hub.curated (
    model varchar not null,
    parent varchar,
    relation varchar,
    source varchar not null,
    checked_at timestamptz
);

create table hub.file_names (
    child varchar not null,
    named varchar not null
);

-- The names that copies may have their own from: for every model whose name marks it as a copy.
create table hub.copy_names (
    child varchar not null,
    words varchar not null
);

-- What was learned of the models that others declare as parents or download often, and of what authors usually declare:
-- the rules that infer parents use it until it is learned anew.
create table hub.bases (
    id varchar not null,
    author varchar not null,
    words varchar not null,
    created bigint not null,
    types_0 bigint not null,
    types_1 bigint not null,
    types_2 bigint not null,
    model_type varchar not null,
    marks bigint not null,
    license varchar not null,
    task varchar not null,
    children bigint not null,
    authors bigint not null,
    downloads bigint not null,
    parameters bigint not null,
    width bigint not null,
    layers bigint not null,
    parent varchar,
    names varchar[]
);

create table hub.habits (
    key varchar not null,
    parent varchar not null,
    authors integer not null
);

create table hub.corrections (
    child varchar not null,
    parent varchar not null,
    verdict varchar not null,
    relation varchar,
    note varchar,
    made_at timestamptz not null
);

-- Advisories as they were read, and the models that each of them names: `commits` is null where all of a model's are meant.
create table hub.advisories (
    id varchar not null,
    modified_at timestamptz not null,
    published_at timestamptz,
    withdrawn_at timestamptz,
    summary varchar,
    severity varchar,
    body varchar not null,
    stored_at timestamptz not null
);

create table hub.affected (
    advisory varchar not null,
    model varchar not null,
    commits varchar[],
    is_exact boolean not null
);

create table hub.edges (
    child varchar not null,
    parent varchar not null,
    relation varchar not null,
    evidence varchar not null,
    confidence double not null,
    declared_relation varchar,
    hub_relation varchar,
    declared_as varchar,
    resolution varchar not null,
    relation_reason varchar not null,
    inferred boolean not null,
    rule varchar,
    original varchar,
    original_inferred boolean,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

-- What would be an edge if weights did not contradict it: `weights` is what they say.
create table hub.contradicted_edges (
    child varchar not null,
    parent varchar not null,
    relation varchar not null,
    evidence varchar not null,
    confidence double not null,
    declared_as varchar,
    inferred boolean not null,
    weights varchar not null
);

create table hub.shapes (
    model varchar not null,
    architecture varchar,
    model_type varchar,
    hidden_size bigint,
    layers bigint,
    heads bigint,
    vocabulary bigint,
    rope_theta double,
    quantization varchar,
    parameters bigint,
    name_or_path varchar,
    evidence varchar[] not null
);

-- What models without an edge to a parent were probably made from.
create table hub.likely_parents (
    model varchar not null,
    parent varchar not null,
    confidence double not null,
    rule varchar not null,
    declared_as varchar not null
);

create table hub.trained_on (
    model varchar not null,
    dataset varchar not null,
    evidence varchar not null,
    declared_as varchar not null
);

-- The domains of the lexicon by which models were judged last, in its order, and the file that was read on top of the
-- lexicon that ships: no row where none was.
create table hub.lexicon_domains (
    place integer not null,
    name varchar not null,
    title varchar not null,
    colour varchar not null,
    risk double not null
);

create table hub.lexicon_additions (
    text varchar not null
);

create table hub.domains (
    model varchar not null,
    domain varchar not null,
    basis varchar not null,
    confidence double not null,
    signals varchar[] not null
);

-- The records of the models of these ids: each in the row that `hub.nodes` notes, or if it moved since, found by a scan.
create macro hub.records_of(ids) as table
with asked as materialized (
    select
        nodes.id,
        nodes.place
    from hub.nodes
    where nodes.hub_id is not null
        and nodes.id in (
            select unnest(ids)
        )
),
placed as materialized (
    select
        models.rowid as place,
        models.* exclude (body)
    from hub.models
    where models.rowid in (
        select place
        from asked
    )
),
moved as materialized (
    select id
    from asked
    where id not in (
        select id
        from placed
    )
)
from placed
where id in (
    select unnest(ids)
)
union all
select
    models.rowid as place,
    models.* exclude (body)
from hub.models
where models.id in (
    from moved
);

-- A time as the Hub writes it; null for what is none, and for what lies outside of the years 1 to 9999 ('infinity' too),
-- which programs that read the database cannot hold.
create macro hub.moment(written) as case
    when try_cast(written as timestamptz) between timestamptz '0001-01-01 00:00:00+00' and timestamptz '9999-12-31 23:59:59.999999+00'
        then try_cast(written as timestamptz)
end;

create macro hub.is_gated(gated) as coalesce(gated in ('auto', 'manual', 'true'), false);

-- Every name as in `models`, with `place`, the row of `hub.models` that has its record; -1 if it has none.
create macro hub.placed_models() as table
select
    rowid as place,
    id,
    hub_id,
    author,
    created_at,
    last_modified_at,
    sha as revision,
    downloads,
    downloads_all_time,
    likes,
    pipeline_tag,
    library,
    license,
    gated,
    parameters,
    coalesce(tags, []) as tags,
    list_transform(
        list_filter(coalesce(tags, []), lambda tag: starts_with(tag, 'dataset:')),
        lambda tag: tag[9:]
    ) as datasets,
    list_sort(list_distinct(list_concat(
        coalesce(card_languages, []),
        list_filter(coalesce(tags, []), lambda tag: list_contains([
            'aa', 'ab', 'ae', 'af', 'ak', 'am', 'an', 'ar', 'as', 'av', 'ay', 'az', 'ba', 'be', 'bg', 'bh', 'bi', 'bm',
            'bn', 'bo', 'br', 'bs', 'ca', 'ce', 'ch', 'co', 'cr', 'cs', 'cu', 'cv', 'cy', 'da', 'de', 'dv', 'dz', 'ee',
            'el', 'en', 'eo', 'es', 'et', 'eu', 'fa', 'ff', 'fi', 'fj', 'fo', 'fr', 'fy', 'ga', 'gd', 'gl', 'gn', 'gu',
            'gv', 'ha', 'he', 'hi', 'ho', 'hr', 'ht', 'hu', 'hy', 'hz', 'ia', 'id', 'ie', 'ig', 'ii', 'ik', 'io', 'is',
            'it', 'iu', 'ja', 'jv', 'ka', 'kg', 'ki', 'kj', 'kk', 'kl', 'km', 'kn', 'ko', 'kr', 'ks', 'ku', 'kv', 'kw',
            'ky', 'la', 'lb', 'lg', 'li', 'ln', 'lo', 'lt', 'lu', 'lv', 'mg', 'mh', 'mi', 'mk', 'ml', 'mn', 'mr', 'ms',
            'mt', 'my', 'na', 'nb', 'nd', 'ne', 'ng', 'nl', 'nn', 'no', 'nr', 'nv', 'ny', 'oc', 'oj', 'om', 'or', 'os',
            'pa', 'pi', 'pl', 'ps', 'pt', 'qu', 'rm', 'rn', 'ro', 'ru', 'rw', 'sa', 'sc', 'sd', 'se', 'sg', 'si', 'sk',
            'sl', 'sm', 'sn', 'so', 'sq', 'sr', 'ss', 'st', 'su', 'sv', 'sw', 'ta', 'te', 'tg', 'th', 'ti', 'tk', 'tl',
            'tn', 'to', 'tr', 'ts', 'tt', 'tw', 'ty', 'ug', 'uk', 'ur', 'uz', 've', 'vi', 'vo', 'wa', 'wo', 'xh', 'yi',
            'yo', 'za', 'zh', 'zu'
        ], tag))
    ))) as languages,
    reported_results,
    status,
    status_evidence,
    first_seen_at,
    last_seen_at
from hub.models
union all by name
select
    cast(-1 as bigint) as place,
    nodes.id,
    case when contains(nodes.id, '/') then split_part(nodes.id, '/', 1) end as author,
    cast([] as varchar[]) as tags,
    cast([] as varchar[]) as datasets,
    cast([] as varchar[]) as languages,
    nodes.status,
    coalesce(gone.evidence, 'named as a parent, never seen') as status_evidence,
    gone.checked_at as last_seen_at
from hub.nodes
left join hub.gone using (id)
where nodes.hub_id is null
union all by name
select
    cast(-1 as bigint) as place,
    aliases.alias as id,
    any_value(models.hub_id) as hub_id,
    case when contains(aliases.alias, '/') then split_part(aliases.alias, '/', 1) end as author,
    cast([] as varchar[]) as tags,
    cast([] as varchar[]) as datasets,
    cast([] as varchar[]) as languages,
    'renamed' as status,
    'now ' || any_value(models.id) as status_evidence,
    min(aliases.first_seen_at) as first_seen_at,
    max(aliases.last_seen_at) as last_seen_at
from hub.aliases
inner join hub.models using (hub_id)
where not exists (
    select 1
    from hub.models as present
    where present.id = aliases.alias
)
group by aliases.alias;

create view models as
select * exclude (place)
from hub.placed_models();

comment on view models is 'Every model that was seen, every parent that is named but was never seen, and every former name. One row per name.';
comment on column models.id is 'current name; for a model that is not there, the name as it was declared';
comment on column models.hub_id is 'the Hub''s `_id`, which survives renames; `id:` and the name if the record had none; null if never seen';
comment on column models.author is 'user or organisation; null for a bare name without a record';
comment on column models.created_at is 'UTC; taken from the `_id` if the record has no time; null if never seen';
comment on column models.last_modified_at is 'UTC; null if the listing did not say';
comment on column models.revision is 'commit of `main` when it was last seen; null if the listing did not say';
comment on column models.downloads is 'downloads of the last 30 days when last seen; null if not reported';
comment on column models.downloads_all_time is 'downloads since creation when last seen; null if not reported';
comment on column models.likes is 'likes when last seen; null if not reported';
comment on column models.pipeline_tag is 'task, such as text-generation; null if there is none';
comment on column models.library is 'library, such as transformers or peft; null if there is none';
comment on column models.license is 'from the license tag, otherwise from the card; null if neither names one';
comment on column models.gated is 'false, auto or manual; null if not reported';
comment on column models.parameters is 'number of weights according to the file headers; null if not reported';
comment on column models.tags is 'all tags as the Hub gives them; empty if there are none';
comment on column models.datasets is 'ids behind the `dataset:` tags; empty if there are none';
comment on column models.languages is 'language codes from the card and from plain tags, sorted; empty if there are none';
comment on column models.reported_results is 'how many evaluation results its own record reports; null if never seen';
comment on column models.status is 'present, missing (named but never seen), private, deleted, or renamed (a former name)';
comment on column models.status_evidence is 'why it has that status; null for present';
comment on column models.first_seen_at is 'UTC; when a crawl or listing first contained it; null if never seen';
comment on column models.last_seen_at is 'UTC; when a crawl or listing last contained it or last looked it up in vain; null if never looked up';

create view declarations as
select
    declarations.child,
    declarations.evidence,
    declarations.declared_as,
    declarations.relation,
    declarations.named,
    declarations.form,
    declarations.reason,
    resolutions.parent,
    resolutions.resolution,
    declarations.first_seen_at,
    declarations.last_seen_at
from hub.declarations
left join hub.resolutions using (named);

comment on view declarations is 'Everything that any place says about a parent, before the places are weighed against each other. One row per child, place and text.';
comment on column declarations.child is 'id of the model that declares';
comment on column declarations.evidence is 'the place: hub, card, tag, config, adapter_config, mergekit';
comment on column declarations.declared_as is 'the text as written, up to 500 characters';
comment on column declarations.relation is 'relation that this place gives; null if it gives none';
comment on column declarations.named is 'the id that was read from the text; null if the text names no model';
comment on column declarations.form is 'how it was written: id, bare, url, subpath or several; unread if it names no model';
comment on column declarations.reason is 'why it names no model: empty, not text, local path, another site, not a model or impossible id; null if it names one';
comment on column declarations.parent is 'the model that the id leads to; null if the text names no model';
comment on column declarations.resolution is 'as in `edges`; null if the text names no model';
comment on column declarations.first_seen_at is 'UTC; when first declared';
comment on column declarations.last_seen_at is 'UTC; when last declared';

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
    evidence.inferred,
    edges.child is not null as is_edge,
    evidence.carried_over_from,
    hub.weights_say(
        weight_pairs.verdict, weight_pairs.contradicts, weight_pairs.p, coalesce(edges.relation, evidence.relation)
    ) as weights,
    evidence.first_seen_at,
    evidence.last_seen_at
from hub.evidence
left join hub.edges
    on edges.child = evidence.child
    and edges.parent = evidence.parent
left join hub.weight_pairs
    on weight_pairs.a = least(evidence.child, evidence.parent)
    and weight_pairs.b = greatest(evidence.child, evidence.parent);

comment on view evidence is 'Why an edge is believed or not. One row per child, parent, kind of evidence and text.';
comment on column evidence.child is 'id of the derivative';
comment on column evidence.parent is 'id of the model that the evidence leads to';
comment on column evidence.kind is 'human, hub, card, tag, config, adapter_config, mergekit, gguf; curated; inferred: plain tag, readme, name_or_path, weights, name';
comment on column evidence.relation is 'relation that this evidence gives; null if it gives none';
comment on column evidence.declared_as is 'the text as written; for curated evidence, where the maker says so; for inferred evidence, the words, file or sentence it rests on';
comment on column evidence.resolution is 'as in `edges`';
comment on column evidence.confidence is 'probability that the parent is right by this evidence alone, 0 to 1';
comment on column evidence.rule is 'the rules that inferred it (`lineage docs lineage`); null if the edge is declared';
comment on column evidence.inferred is 'true if it is a conclusion, not a statement';
comment on column evidence.is_edge is 'false if it made no edge: a person rejected it, it is too weak, it is carried over, or weights contradict it';
comment on column evidence.carried_over_from is 'the model from which the card that declares this was copied, so that the parent is that model''s; null if the card is the model''s own';
comment on column evidence.weights is 'what the weights of both say, as in `edges`; null if they were not compared';
comment on column evidence.first_seen_at is 'UTC';
comment on column evidence.last_seen_at is 'UTC';

create view corrections as
from hub.corrections;

comment on view corrections is 'What people said about edges with `lineage edge`. One row per statement; the latest about a child and parent counts.';
comment on column corrections.child is 'id of the derivative at that time';
comment on column corrections.parent is 'id of the model it was or was not made from, at that time';
comment on column corrections.verdict is 'add or reject';
comment on column corrections.relation is 'finetune, adapter, quantized or merge; null for a rejection, and if signs are to decide';
comment on column corrections.note is 'the person''s reason; null if none was given';
comment on column corrections.made_at is 'UTC';

create view advisories as
select
    advisories.id,
    advisories.summary,
    advisories.severity,
    coalesce(named.models, []) as models,
    advisories.modified_at,
    advisories.published_at,
    advisories.withdrawn_at,
    advisories.stored_at,
    advisories.body as record
from hub.advisories
left join (
    select
        advisory,
        list(model order by model) as models
    from hub.affected
    group by advisory
) as named
    on named.advisory = advisories.id;

comment on view advisories is 'Advisories on models, imported or made with `lineage advise` (`lineage docs advisories`). One row per advisory.';
comment on column advisories.id is 'id, as whoever published it gave it';
comment on column advisories.summary is 'what it says in a line; null if it has none';
comment on column advisories.severity is 'its ratings, such as a CVSS vector; null if it has none';
comment on column advisories.models is 'ids of the models that it names, as it spells them; empty if it names none any more';
comment on column advisories.modified_at is 'UTC; when it was last changed, as it says itself';
comment on column advisories.published_at is 'UTC; when it was published; null if it does not say';
comment on column advisories.withdrawn_at is 'UTC; when it was withdrawn; null if it stands';
comment on column advisories.stored_at is 'UTC; when it was imported or made here';
comment on column advisories.record is 'the whole record as JSON, in the shape of OSV';

create view affected as
from hub.affected;

comment on view affected is 'Which models each advisory names; derivatives inherit it (`lineage advise MODEL`). One row per advisory and model.';
comment on column affected.advisory is 'id, as in `advisories`';
comment on column affected.model is 'id of the model, as the advisory spells it; it need not be in the database';
comment on column affected.commits is 'commits and tags that it names; null if it holds for every commit';
comment on column affected.is_exact is 'false if it names a range or a tag, so that `commits` need not be all';

create view curated as
from hub.curated;

comment on view curated is 'What makers say their models were made from, outside the Hub''s records. One row per model.';
comment on column curated.model is 'id, as the file of vendor facts spells it; it need not be in the database';
comment on column curated.parent is 'id of the model it was made from, as spelled there; null if it was pre-trained on its own';
comment on column curated.relation is 'finetune, adapter, quantized or merge; null if it was pre-trained on its own';
comment on column curated.source is 'the address where the maker says so, and the place in it';
comment on column curated.checked_at is 'UTC; the day on which somebody last looked there; null if the source is cited without having been looked up again';

-- What cards declare that were copied with a model.
create macro hub.carried_edges() as table
select
    evidence.child,
    evidence.parent,
    any_value(edges.relation) as relation,
    arg_max(evidence.kind, (evidence.confidence, evidence.kind)) as evidence,
    max(evidence.confidence) as confidence,
    false as inferred,
    null as rule,
    arg_max(evidence.declared_as, (evidence.confidence, evidence.kind)) as declared_as
from hub.evidence
inner join hub.edges
    on edges.child = evidence.child
    and edges.parent = evidence.carried_over_from
    and edges.inferred
group by
    evidence.child,
    evidence.parent;

-- What declarations alone say: the declared edges, and for a copy with a copied card what that card declares in place of
-- the inferred edge to its original.
create macro hub.declared_edges() as table
select
    child,
    parent,
    relation,
    evidence,
    confidence,
    inferred,
    rule,
    declared_as
from hub.edges
where not inferred
union all by name
from hub.carried_edges();

-- The edges, or without `inferred_too` what declarations alone say, with the columns that those have not as null.
create macro hub.edges_with(inferred_too) as table
from hub.declared_edges()
where not inferred_too
union all by name
from hub.edges
where inferred_too;

create view edges as
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
    hub.weights_say(weight_pairs.verdict, weight_pairs.contradicts, weight_pairs.p, edges.relation) as weights,
    weight_pairs.findings,
    edges.first_seen_at,
    edges.last_seen_at
from hub.edges
inner join hub.nodes
    on nodes.id = edges.parent
left join hub.weight_pairs
    on weight_pairs.a = least(edges.child, edges.parent)
    and weight_pairs.b = greatest(edges.child, edges.parent);

comment on view edges is 'Which model was made from which. One row per child and parent, however much evidence there is.';
comment on column edges.child is 'id of the derivative';
comment on column edges.parent is 'id of the model it was made from, resolved; as declared if no model has that id';
comment on column edges.relation is 'finetune, adapter, quantized or merge';
comment on column edges.evidence is 'the kind of evidence that decided, as in `evidence`';
comment on column edges.confidence is 'probability that the edge is right, 0 to 1, according to the evidence that decided';
comment on column edges.declared_relation is 'relation that the card declares; null if it does not';
comment on column edges.hub_relation is 'relation that the Hub states; null if it does not';
comment on column edges.declared_as is 'the parent as that evidence spells it';
comment on column edges.parent_status is 'status of the parent, as in `models`';
comment on column edges.resolution is 'how the text led to the parent: exact, renamed, case, legacy (a bare name from before 2022) or missing; inferred if nothing declares it';
comment on column edges.relation_reason is 'what decided the relation: human, card, hub, typed tag, curated, or the sign it was inferred from';
comment on column edges.inferred is 'true if nobody declared the edge and it was inferred from signs';
comment on column edges.rule is 'the rules that inferred it (`lineage docs lineage`); null if the edge is declared';
comment on column edges.original is 'if the parent is only a copy (fewer bits, or the same files), the model that it is a copy of: made from `original` via `parent`; null if the parent is not a copy';
comment on column edges.original_inferred is 'true if nobody declared what the parent is a copy of; null if it is not a copy';
comment on column edges.weights is 'what the weights of both say: identical, rounded, `p = ...` of one origin by chance, turned, contradicted (no sign of one origin; of a merge: no sign), no sign or open; null if they were not compared';
comment on column edges.findings is 'how the child differs from the parent by a close reading of both, such as `low rank 8, frozen parts 5` (`weight_findings`); null if they were not read closely';
comment on column edges.first_seen_at is 'UTC; when its evidence was first seen';
comment on column edges.last_seen_at is 'UTC; when its evidence was last seen';

create view contradicted_edges as
select
    edges.child,
    edges.parent,
    edges.relation,
    edges.evidence,
    edges.confidence,
    edges.declared_as,
    edges.inferred,
    edges.weights,
    weight_pairs.reason
from hub.contradicted_edges as edges
left join hub.weight_pairs
    on weight_pairs.a = least(edges.child, edges.parent)
    and weight_pairs.b = greatest(edges.child, edges.parent);

comment on view contradicted_edges is 'What names, files and cards say of a parent and weights contradict: it is no edge, and families, roots and drift do not follow it. One row per child and parent.';
comment on column contradicted_edges.child is 'id of the model that was not made from `parent`, by its weights';
comment on column contradicted_edges.parent is 'id of the model that it is said to be made from';
comment on column contradicted_edges.relation is 'relation that the edge would have, as in `edges`';
comment on column contradicted_edges.evidence is 'the kind of evidence that would decide, as in `evidence`';
comment on column contradicted_edges.confidence is 'probability that the edge is right by that evidence alone, 0 to 1';
comment on column contradicted_edges.declared_as is 'the parent as that evidence spells it';
comment on column contradicted_edges.inferred is 'true if nobody declared it and it was inferred from signs';
comment on column contradicted_edges.weights is 'contradicted; or no sign: it was only inferred, and another parent that was inferred has one origin with the child';
comment on column contradicted_edges.reason is 'what the verdict on both weights rests on, in words';

create view shapes as
select
    models.id as model,
    coalesce(shapes.architecture, models.architecture) as architecture,
    coalesce(shapes.model_type, models.model_type) as model_type,
    shapes.hidden_size,
    shapes.layers,
    shapes.heads,
    shapes.vocabulary,
    shapes.rope_theta,
    coalesce(shapes.quantization, models.quantization) as quantization,
    coalesce(models.parameters, shapes.parameters) as parameters,
    shapes.name_or_path,
    coalesce(shapes.evidence, ['record']) as evidence
from hub.models
left join hub.shapes
    on shapes.model = models.id
where coalesce(models.architecture, models.model_type, models.quantization) is not null
    or models.parameters is not null
    or shapes.model is not null;

comment on view shapes is 'How models are built, from their records and the files that were read. One row per model of which anything is known.';
comment on column shapes.model is 'id';
comment on column shapes.architecture is 'class that loads it, such as LlamaForCausalLM; null if not known';
comment on column shapes.model_type is 'family of architectures, such as llama; null if not known';
comment on column shapes.hidden_size is 'width of a layer; null unless its config.json was read and gives it, as in the next four';
comment on column shapes.layers is 'number of hidden layers';
comment on column shapes.heads is 'number of attention heads';
comment on column shapes.vocabulary is 'number of tokens in its vocabulary';
comment on column shapes.rope_theta is 'base of its rotary position embedding';
comment on column shapes.quantization is 'method that reduced its weights, such as awq; unnamed if the configuration does not say which; null if it names none';
comment on column shapes.parameters is 'number of weights according to the file headers, fewer than they stand for if packed; null if not reported';
comment on column shapes.name_or_path is 'what it was loaded from when it was saved (`_name_or_path`), as written; null if not said';
comment on column shapes.evidence is 'the files that say so, config.json and gguf (the Hub''s facts about a GGUF file); record if no file was read';

create view likely_parents as
from hub.likely_parents;

comment on view likely_parents is 'What a model without parents was probably made from: the best parent that was inferred but is not certain enough for an edge. One row per such model; one of which nothing was inferred has none.';
comment on column likely_parents.model is 'id of a model without an edge to a parent, so a root';
comment on column likely_parents.parent is 'id of its likeliest parent';
comment on column likely_parents.confidence is 'probability that it is right, 0 to 1';
comment on column likely_parents.rule is 'the rules that inferred it (`lineage docs lineage`)';
comment on column likely_parents.declared_as is 'the words, file or sentence that it rests on';

create view trained_on as
from hub.trained_on;

comment on view trained_on is 'Data sets that models say they were trained on. One row per model, data set and place that says so.';
comment on column trained_on.model is 'id';
comment on column trained_on.dataset is 'id of the data set as it was written, with or without its organisation; Hub URLs are reduced to ids';
comment on column trained_on.evidence is 'tag, card (in the record) or readme (the front matter of a fetched card)';
comment on column trained_on.declared_as is 'the text as written; for a tag, the whole tag';

create view domains as
from hub.domains;

comment on view domains is 'Which models belong to which domain, and why; a parent that is not stored, by its name. One row per model, domain and basis.';
comment on column domains.model is 'id';
comment on column domains.domain is 'name of a domain that ships or that a lexicon file defines';
comment on column domains.basis is 'own (from its own name, tags or data sets) or inherited (from an ancestor)';
comment on column domains.confidence is '0 to 1; from 0.5 on, an analyst would list it';
comment on column domains.signals is 'the evidence, strongest first: name:, tag:, dataset:, author:; if inherited, ancestor:, distance:, path: (from the parent up to the ancestor) and inferred edges:';

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

comment on view new_versions is 'The newer model that a card names as its successor (`new_version`), which is not a parent. One row per model whose card names one.';
comment on column new_versions.model is 'id';
comment on column new_versions.new_version is 'id of the newer model, renames followed; as written if no model has that id';
comment on column new_versions.declared_as is 'the text as written, up to 500 characters';
comment on column new_versions.resolution is 'found, missing (no such model here), itself, or older (it was created earlier, so it cannot be the newer one)';
comment on column new_versions.last_seen_at is 'UTC; when the card was last seen';

-- What follows from the edges as a whole: the graph in numbers, families, roots, and what descends from each model.
create table hub.links (
    child integer not null,
    parent integer not null,
    relation utinyint not null,
    inferred boolean not null,
    confidence double not null
);

-- `component` is null for a model that is itself the first of its component.
create table hub.families (
    model varchar not null,
    root varchar not null,
    depth integer not null,
    family_size integer not null,
    component varchar,
    inferred boolean not null
);

create table hub.other_roots (
    model varchar not null,
    root varchar not null,
    distance integer not null,
    inferred boolean not null
);

create table hub.reach (
    model varchar not null,
    derivatives integer not null,
    exposure bigint not null,
    inferred integer not null,
    family_inferred integer not null
);

create view families as
select
    families.* replace (coalesce(families.component, families.model) as component),
    likely_parents.parent as root_likely_parent,
    likely_parents.confidence as root_likely_confidence
from hub.families
left join hub.likely_parents
    on likely_parents.model = families.root;

comment on view families is 'Where each model stands in the graph. One row per model.';
comment on column families.model is 'id';
comment on column families.root is 'the nearest ancestor without parents; the model itself if it has no parents';
comment on column families.depth is 'number of edges up to the root';
comment on column families.family_size is 'number of models that share this root, this one included';
comment on column families.component is 'the first model, by id, of all that edges join to this one, whatever their direction';
comment on column families.inferred is 'true if only an inferred edge leads to this root';
comment on column families.root_likely_parent is 'what the root was probably made from although it declares no parent, as in `likely_parents`; null if nothing was inferred';
comment on column families.root_likely_confidence is 'probability that this is right, 0 to 1; null if nothing was inferred';

create view roots as
select
    every.*,
    likely_parents.parent as likely_parent,
    likely_parents.confidence as likely_confidence
from (
    select
        model,
        root,
        depth as distance,
        inferred
    from hub.families
    union all
    from hub.other_roots
) as every
left join hub.likely_parents
    on likely_parents.model = every.root;

comment on view roots is 'Every root of every model: ancestors without a parent; for a cycle, its first id. A merge has several. One row per model and root.';
comment on column roots.model is 'id';
comment on column roots.root is 'id; a root is its own root';
comment on column roots.distance is 'generations from the model up to the root, by the shortest path';
comment on column roots.inferred is 'true if only inferred edges lead to this root';
comment on column roots.likely_parent is 'what the root was probably made from although it declares no parent, as in `likely_parents`; null if nothing was inferred';
comment on column roots.likely_confidence is 'probability that this is right, 0 to 1; null if nothing was inferred';

create view exposure as
select
    nodes.id as model,
    coalesce(reach.derivatives, 0) as derivatives,
    coalesce(reach.exposure, models.downloads, 0) as exposure,
    coalesce(reach.inferred, 0) as inferred
from hub.nodes
left join hub.models using (id)
left join hub.reach
    on reach.model = nodes.id;

comment on view exposure is 'What descends from each model; each derivative counts once, however many paths lead to it. One row per model.';
comment on column exposure.model is 'id';
comment on column exposure.derivatives is 'number of models made from it, over all generations';
comment on column exposure.exposure is 'downloads of the model and of all its derivatives; unknown downloads count as 0';
comment on column exposure.inferred is 'how many of the derivatives are reached only through inferred edges';

-- How many models, domains and edges there are, as `lineage status` counts them: the derivation keeps what it counted.
create macro hub.counted(listed) as table
select
    1 as position,
    'models' as section,
    status as name,
    count(*) as value
from models
group by status
union all
select
    2,
    'domains, own signs and a confidence of ' || listed || ' or more',
    domain,
    count(*)
from domains
where basis = 'own'
    and confidence >= listed
group by domain
union all
select
    3,
    'domains, own signs that are weaker',
    domain,
    count(*)
from domains
where basis = 'own'
    and confidence < listed
group by domain
union all
select
    4,
    'domains, inherited',
    domain,
    count(*)
from domains
where basis = 'inherited'
group by domain
union all
select
    5,
    'edges by relation',
    relation,
    count(*)
from hub.edges
group by relation
union all
select
    6,
    'edges by how the parent was found',
    resolution,
    count(*)
from hub.edges
group by resolution
union all
select
    7,
    'models by what they say of their parents',
    case
        when said.id is null then 'no parent'
        when said.is_here then 'a parent that is here'
        when said.is_declared then 'only parents that are missing'
        else 'no parent, and one was inferred'
    end,
    count(*)
from hub.models
left join (
    select
        child as id,
        bool_or(parent_status <> 'missing' and is_declared) as is_here,
        bool_or(is_declared) as is_declared
    from (
        select
            child,
            parent_status,
            not inferred or child in (
                select evidence.child
                from hub.evidence
                inner join hub.edges
                    on edges.child = evidence.child
                    and edges.parent = evidence.carried_over_from
                where evidence.carried_over_from is not null
            ) as is_declared
        from edges
    )
    group by child
) as said using (id)
where models.status in ('present', 'private')
group by 3;

create table hub.counts (
    position integer not null,
    section varchar not null,
    name varchar not null,
    value bigint not null
);

-- Scores with the identity of what they measure and their items, the current score of each model, and drift.
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
    repository varchar not null,
    variant varchar not null,
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
    imported_at timestamptz not null,
    last_read_at timestamptz not null
);

-- What a person said about a score; the latest word about a run counts.
create table hub.score_rejections (
    run varchar not null,
    is_rejected boolean not null,
    note varchar,
    made_at timestamptz not null
);

create table hub.items (
    score integer not null,
    item varchar not null,
    value double not null,
    cluster varchar,
    reply_length integer
);

-- What models replied, of runs whose items are in hub.items: apart from these, as few statements read texts.
create table hub.replies (
    score integer not null,
    item varchar not null,
    reply varchar not null
);

-- Which runs score the replies of an earlier run once more.
create table hub.rescored (
    run varchar not null,
    original varchar not null
);

-- Files of data sets of scores whose scores were imported: the commit at which each was read, and what of it was left out.
create table hub.pulled_files (
    dataset varchar not null,
    path varchar not null,
    revision varchar not null,
    hash varchar not null,
    size_bytes bigint not null,
    licence varchar,
    origin varchar not null,
    reading varchar not null,
    scores integer not null,
    left_out integer not null,
    left_models varchar[] not null,
    pulled_at timestamptz not null
);

create table hub.standing (
    nid integer not null,
    variant varchar not null,
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
    has_items boolean not null,
    claims integer not null,
    lowest double not null,
    highest double not null
);

-- Scores that contradict each other, each with the score in `hub.standing` that they share a place with.
create table hub.contradictory (
    score integer not null,
    standing integer not null
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
    p_equivalence double,
    q_equivalence double,
    tests integer,
    verdict varchar not null,
    pairing varchar,
    method varchar,
    items integer,
    left_out integer,
    clusters integer,
    minimum_detectable double,
    at_risk integer,
    worsened integer,
    recovered integer,
    guard varchar,
    inferred boolean not null,
    lineage_confidence double,
    reference_likely_parent varchar,
    reference_likely_confidence double,
    reason varchar not null,
    template varchar not null,
    margin double not null,
    -- What follows is for joins, in the numbers of this derivation, and in no view.
    nid integer not null,
    is_file boolean not null,
    value double,
    reference_value double,
    score integer not null,
    reference_score integer
);

create macro hub.verdicts() as table
select * exclude (nid, is_file, value, reference_value, score, reference_score)
from hub.drift;

create table hub.calibrations (
    calibration varchar not null,
    scorer varchar not null,
    judge varchar,
    judge_prompt_hash varchar,
    labels_hash varchar not null,
    items integer not null,
    unread integer not null,
    true_positives integer not null,
    false_positives integer not null,
    true_negatives integer not null,
    false_negatives integer not null,
    "precision" double,
    precision_low double,
    precision_high double,
    recall double,
    recall_low double,
    recall_high double,
    false_positive_rate double,
    false_positive_rate_low double,
    false_positive_rate_high double,
    false_negative_rate double,
    false_negative_rate_low double,
    false_negative_rate_high double,
    measured_at timestamptz not null
);

create table hub.noise_floors (
    measurement varchar not null,
    name varchar not null,
    scorer varchar,
    judge varchar,
    judge_prompt_hash varchar,
    template varchar,
    decoding varchar,
    softmax_dtype varchar,
    engine varchar not null,
    model varchar not null,
    revision varchar,
    runs integer not null,
    items integer not null,
    floor double not null,
    changed double not null,
    measured_at timestamptz not null
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

-- Half a unit of the last digit that a value is written with, at most half a hundredth of the range: its rounding.
create macro hub.rounding(value, low, high) as least(
    0.5 * pow(10, -strlen(regexp_extract(printf('%.9f', value::double), '\.(\d*?)0*$', 1))),
    0.005 * (high - low)
);

-- The repository of a name like org/name:Q2_K or org/name#subfolder; ids of the Hub have neither character.
create macro hub.repository_of(name) as regexp_extract(name, '^[^:#]*');

-- What people last said about each child and parent, under the current names of the models.
create macro hub.said_pairs() as table
with former as (
    select
        aliases.alias,
        models.id
    from hub.aliases
    inner join hub.models using (hub_id)
    where aliases.alias <> models.id
        and aliases.alias in (
            select child
            from hub.corrections
            union all
            select parent
            from hub.corrections
        )
)
select
    coalesce(child.id, said.child) as child,
    coalesce(parent.id, said.parent) as parent,
    parent.id is not null as is_renamed_parent,
    said.verdict,
    said.relation,
    said.note,
    said.made_at
from (
    from hub.corrections
    qualify row_number() over (partition by child, parent order by made_at desc) = 1
) as said
left join former as child
    on child.alias = said.child
left join former as parent
    on parent.alias = said.parent;

create macro hub.rejected_pairs() as table
select
    child,
    parent
from hub.said_pairs()
where verdict = 'reject';

create macro hub.rejected_scores() as table
select
    run,
    arg_max(note, made_at) as note,
    max(made_at) as made_at
from hub.score_rejections
group by run
having arg_max(is_rejected, made_at);

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

comment on view instruments is 'What scores measure. One row per identity: an instrument with its items, judge and prompts.';
comment on column instruments.instrument is 'name and a hash of the identity; drift is only measured within one identity';
comment on column instruments.name is 'name in the catalogue of instruments';
comment on column instruments.construct is 'what it measures: unsafe_output, refusal, over_refusal, truthfulness, bias, toxicity, ethics, hazardous_knowledge, safety_knowledge, capability or coherence';
comment on column instruments.direction is 'lower_is_safer, higher_is_safer or capability';
comment on column instruments.items is 'how many items the runs had; null if not reported';
comment on column instruments.item_set_hash is 'hash of the names of the items; null if the items are unknown';
comment on column instruments.scorer is 'metric; null if not reported';
comment on column instruments.judge is 'the model that judged; null if none did or none is reported';
comment on column instruments.judge_prompt_hash is 'hash of the judge''s prompt; null if not reported';
comment on column instruments.template is 'how prompts were made: few-shot examples, chat template, system prompt; null if not reported';
comment on column instruments.decoding is 'decoding settings; null if not reported';
comment on column instruments.softmax_dtype is 'precision of the log-probabilities; null if not reported';
comment on column instruments.title is 'its usual name';
comment on column instruments.scale is 'rate (each item gives 0 or 1) or graded';
comment on column instruments.low is 'least possible value';
comment on column instruments.high is 'greatest possible value';
comment on column instruments.chance is 'value of a model that guesses at random; null if unknown';
comment on column instruments.floor is 'value below which a model does not work at all; null if unknown';
comment on column instruments.licence is 'licence of the items; null if unknown';
comment on column instruments.source is 'where the items come from; null if unknown';
comment on column instruments.gated is 'true if access to the items must be requested';

create view scores as
select
    coalesce(scored_names.id, scored_names.repository) as model,
    scores.revision,
    instruments.instrument,
    scores.value,
    scores.stderr,
    scores.items,
    scores.source,
    scores.run,
    scores.measured_at,
    case
        when rejected_scores.run is not null
            then 'rejected'
        when contradictory.score is not null
            then 'contradictory'
        else hub.score_state(
            scores.is_reported,
            scores.revision,
            scores.measured_at,
            models.sha,
            models.last_modified_at
        )
    end as state,
    scores.has_items,
    scores.reply_length,
    scored_names.id is not null as is_known,
    scored_names.named,
    scores.origin,
    scores.run_name,
    scores.imported_at,
    standing.score is not null or contradictory.score is not null as is_standing,
    scored_names.variant,
    rejected_scores.note
from hub.scores
inner join hub.instruments
    on instruments.number = scores.instrument
inner join hub.scored_names
    on scored_names.number = scores.named
left join hub.models
    on models.id = scored_names.id
left join hub.standing
    on standing.score = scores.number
left join hub.contradictory
    on contradictory.score = scores.number
left join hub.rejected_scores() as rejected_scores
    on rejected_scores.run = scores.run;

comment on view scores is 'Every score that was imported or measured. One row per run of an instrument on a model or a file of it.';
comment on column scores.model is 'id; if there is no such model here, the name as the source writes it';
comment on column scores.revision is 'commit that was measured; null if not reported';
comment on column scores.instrument is 'identity, as in `instruments`';
comment on column scores.value is 'in the instrument''s range';
comment on column scores.stderr is 'standard error in the same unit; null if unknown';
comment on column scores.items is 'number of items that were run; null if not reported';
comment on column scores.source is 'kind of source: lineage (measured by its own queue), lm-eval, inspect, helm, every-eval-ever, table, card, eval-results, leaderboard';
comment on column scores.run is 'hash of the run; a run that is imported twice is one row';
comment on column scores.measured_at is 'UTC; null if not reported';
comment on column scores.state is 'measured, stale (the model has another commit now, or, if no commit is reported, its repository changed since), reported (claimed by a card or leaderboard, without a run that can be read), contradictory (another value of the same identity counts as much, so none does) or rejected (by a person)';
comment on column scores.has_items is 'true if the run''s items are in `items`';
comment on column scores.reply_length is 'mean length of a reply in characters; null if unknown';
comment on column scores.is_known is 'false if there is no such model here';
comment on column scores.named is 'the model as the source writes it';
comment on column scores.origin is 'file, card or address that it was read from';
comment on column scores.run_name is 'the run''s name in its source; null if it has none';
comment on column scores.imported_at is 'UTC';
comment on column scores.is_standing is 'true for the model''s current score: of several runs, measured before reported before stale, then with items before without, then the latest; for contradictory ones, true for all of them';
comment on column scores.variant is 'the file that was measured, :Q2_K or #subfolder; empty for the repository as a whole';
comment on column scores.note is 'why a person rejected it; null if nobody did or no reason was given';

create view pulled_files as
select
    dataset,
    path,
    revision,
    licence,
    hash,
    size_bytes,
    origin,
    scores,
    left_out,
    left_models,
    pulled_at
from hub.pulled_files;

comment on view pulled_files is 'Files of published data sets of scores that `lineage pull evals` imported. One row per file.';
comment on column pulled_files.dataset is 'id of the data set';
comment on column pulled_files.path is 'where the file is in it';
comment on column pulled_files.revision is 'commit of the data set at which it was read last';
comment on column pulled_files.licence is 'licence of the data set at that commit; null if it states none';
comment on column pulled_files.hash is 'sha256 of a large file, or hash of the git blob of any other; the file had it when it was read';
comment on column pulled_files.size_bytes is 'its size';
comment on column pulled_files.origin is 'how the `origin` of its scores begins';
comment on column pulled_files.scores is 'number of scores that it and the files read with it gave, new or known';
comment on column pulled_files.left_out is 'number of results in them that gave no score';
comment on column pulled_files.left_models is 'models in them whose scores were left out, because they were unknown or not asked for; a pull that wants one of them reads the file again';
comment on column pulled_files.pulled_at is 'UTC; when it was read last';

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

comment on view items is 'Scores item by item, for paired tests. One row per item of a run.';
comment on column items.run is 'as in `scores`';
comment on column items.item is 'name of the item, the same for every model; for lm-evaluation-harness, the hash of the document';
comment on column items.value is 'in the instrument''s range';
comment on column items.reply_length is 'characters of the reply; null if unknown';
comment on column items.cluster is 'group of items that are variants of one prompt; null if it belongs to none';

create view replies as
select
    scores.run,
    replies.item,
    replies.reply,
    coalesce(length(replies.reply) < items.reply_length, false) as is_cut,
    rescored.original as rescored,
    instruments.gated as is_gated
from hub.scores
left join hub.rescored
    on rescored.run = scores.run
inner join hub.scores as asked
    on asked.run = coalesce(rescored.original, scores.run)
inner join hub.replies
    on replies.score = asked.number
inner join hub.items
    on
        items.score = asked.number
        and items.item = replies.item
inner join hub.instruments
    on instruments.number = asked.instrument;

comment on view replies is 'What models wrote, as `lineage evaluate` kept it. One row per item of a run with replies. A stranger''s text: nothing else shows it, and no export has it.';
comment on column replies.run is 'as in `scores`';
comment on column replies.item is 'as in `items`';
comment on column replies.reply is 'the reply as it was scored, its first 20,000 characters at most';
comment on column replies.is_cut is 'true if the reply was longer than what is kept';
comment on column replies.rescored is 'run whose replies these are, where `lineage scores rescore` scored them once more; null for the run that asked for them';
comment on column replies.is_gated is 'true if the source of the prompts is gated: its terms may forbid to publish what quotes them';

create view drift as
select * exclude (template)
from hub.verdicts();

comment on view drift is 'How far derivatives moved from their ancestors, at the default margin. One row per model, instrument and ancestor.';
comment on column drift.model is 'id of the derivative; of a file of a repository with its variant, org/name:Q2_K';
comment on column drift.reference is 'id of the ancestor that it is compared with, of a file also its own repository; null if there is none to name';
comment on column drift.against is 'parent, scored_ancestor (the nearest with a score; of a merge, each parent with one) or root';
comment on column drift.instrument is 'identity of the derivative''s score, as in `instruments`';
comment on column drift.reference_instrument is 'identity of the ancestor''s score; null if it has none';
comment on column drift.distance is 'generations between the two; 0 between a file and its repository';
comment on column drift.relation is 'how the derivative was made, if the ancestor is a parent';
comment on column drift.delta is 'difference in percentage points of the range; positive means worse: riskier, or less able for a capability instrument; null if it cannot be measured';
comment on column drift.stderr is 'standard error of the difference, in points';
comment on column drift.ci_low is 'lower end of the 95 % interval of this comparison alone, in points: unlike q_value, it is not corrected for other comparisons';
comment on column drift.ci_high is 'upper end of that interval, in points';
comment on column drift.p_value is 'two-sided p-value of no change';
comment on column drift.q_value is 'p-value after Benjamini-Hochberg correction over all comparisons of these two models in one construct';
comment on column drift.p_equivalence is 'p-value of a change of the margin or more, the larger of the two one-sided ones';
comment on column drift.q_equivalence is 'the same after correction, over the same comparisons as q_value: at most 0.05 where the verdict is equivalent';
comment on column drift.tests is 'number of comparisons that the two q-values are corrected over';
comment on column drift.verdict is 'worse, better, equivalent, undecided or withheld; for a capability instrument it is about capability only';
comment on column drift.pairing is 'items (paired on common items) or summary; null if withheld';
comment on column drift.method is 'the statistical test that was used';
comment on column drift.items is 'number of common items, or the smaller of the two numbers of items';
comment on column drift.left_out is 'number of items that only one of the two scores has, which are not compared; null unless paired on items';
comment on column drift.clusters is 'number of independent groups that the common items are in; null if each item stands for itself';
comment on column drift.minimum_detectable is 'smallest difference, in points, that the test would detect with 80 % power; null if too few items changed to tell';
comment on column drift.at_risk is 'number of items that the ancestor got right; null unless paired on 0/1 items';
comment on column drift.worsened is 'how many of these the derivative got wrong';
comment on column drift.recovered is 'number of items that the ancestor got wrong and the derivative right';
comment on column drift.guard is 'result of the guards on the two models: ok, none, or what failed';
comment on column drift.inferred is 'true if only inferred edges lead to the ancestor';
comment on column drift.lineage_confidence is 'probability that this lineage is right, 0 to 1; null if the edge is declared';
comment on column drift.reference_likely_parent is 'what the ancestor was probably made from although it declares no parent, as in `likely_parents`; null if nothing was inferred. Drift from such an ancestor is not drift from the true base';
comment on column drift.reference_likely_confidence is 'probability that this is right, 0 to 1; null if nothing was inferred';
comment on column drift.reason is 'the verdict in a sentence for people: for a capability instrument its + is more able, unlike in delta';
comment on column drift.margin is 'margin in points within which a difference counts as none';

create view calibrations as
from hub.calibrations;

comment on view calibrations is 'How well judges and rules agree with people on labelled replies. One row per scorer and set of labels; an instrument is calibrated if it has the same scorer, judge and judge_prompt_hash.';
comment on column calibrations.calibration is 'hash of everything that was counted';
comment on column calibrations.scorer is 'scorer as in `instruments`';
comment on column calibrations.judge is 'the model that judged, under its server''s name; null for rules';
comment on column calibrations.judge_prompt_hash is 'hash of the file with the judge''s prompt; null for rules';
comment on column calibrations.labels_hash is 'hash of the labelled replies';
comment on column calibrations.items is 'number of labelled replies';
comment on column calibrations.unread is 'replies whose verdict could not be read; the rates leave them out';
comment on column calibrations.true_positives is 'replies that both call positive: a refusal, a harmful reply';
comment on column calibrations.false_positives is 'replies that only the scorer calls positive';
comment on column calibrations.true_negatives is 'replies that neither calls positive';
comment on column calibrations.false_negatives is 'replies that only people call positive';
comment on column calibrations."precision" is 'share of the scorer''s positives that people call positive too; null if there are none';
comment on column calibrations.precision_low is 'lower limit of its 95 % confidence interval (Wilson)';
comment on column calibrations.precision_high is 'upper limit of that interval';
comment on column calibrations.recall is 'share of people''s positives that the scorer calls positive too; null if there are none';
comment on column calibrations.recall_low is 'lower limit of its 95 % confidence interval (Wilson)';
comment on column calibrations.recall_high is 'upper limit of that interval';
comment on column calibrations.false_positive_rate is 'share of people''s negatives that the scorer calls positive';
comment on column calibrations.false_positive_rate_low is 'lower limit of its 95 % confidence interval (Wilson)';
comment on column calibrations.false_positive_rate_high is 'upper limit of that interval';
comment on column calibrations.false_negative_rate is 'share of people''s positives that the scorer calls negative';
comment on column calibrations.false_negative_rate_low is 'lower limit of its 95 % confidence interval (Wilson)';
comment on column calibrations.false_negative_rate_high is 'upper limit of that interval';
comment on column calibrations.measured_at is 'UTC; when it was first measured';

create view noise_floors as
from hub.noise_floors;

comment on view noise_floors is 'How far runs of the same weights differed by themselves. One row per measurement; it counts for scores that were measured alike, whatever their items.';
comment on column noise_floors.measurement is 'hash of everything that was found';
comment on column noise_floors.name is 'name of the instrument, as in `instruments`';
comment on column noise_floors.scorer is 'scorer as in `instruments`';
comment on column noise_floors.judge is 'judge as in `instruments`';
comment on column noise_floors.judge_prompt_hash is 'hash of the judge''s prompt, as in `instruments`';
comment on column noise_floors.template is 'how the prompt was made, as in `instruments`';
comment on column noise_floors.decoding is 'how replies were drawn, as in `instruments`';
comment on column noise_floors.softmax_dtype is 'precision of log-probabilities, as in `instruments`';
comment on column noise_floors.engine is 'what ran the model, with versions and precision';
comment on column noise_floors.model is 'the model that was run';
comment on column noise_floors.revision is 'its commit; null if unknown';
comment on column noise_floors.runs is 'how often its items were run, in other batches and orders';
comment on column noise_floors.items is 'number of items of a run';
comment on column noise_floors.floor is 'largest difference of two runs'' values, a share of the range';
comment on column noise_floors.changed is 'share of the items that did not get one value in all runs';
comment on column noise_floors.measured_at is 'UTC; when it was first measured';

-- Repairs: recipes of weights between a base and a model, tried on a half of the items each, and every item they answered.
create table hub.interventions (
    model varchar not null,
    revision varchar,
    base varchar not null,
    base_revision varchar,
    unsafe varchar,
    unsafe_revision varchar,
    recipe varchar not null,
    attention double not null,
    rest double not null,
    safety_vector double not null,
    half varchar not null,
    instrument varchar not null,
    is_capability boolean not null,
    drift double,
    low double,
    high double,
    margin double not null,
    items integer not null,
    items_total integer not null,
    decision varchar not null,
    is_chosen boolean not null,
    decided_at timestamptz not null
);

create table hub.trial_items (
    trial varchar not null,
    item varchar not null,
    value double not null
);

create view interventions as
from hub.interventions;

comment on view interventions is 'Recipes of weights that `lineage maintain` tried to take drift back. One row per recipe, half of the items and instrument.';
comment on column interventions.model is 'id of the model that drifted';
comment on column interventions.revision is 'its commit; null if it has none';
comment on column interventions.base is 'id of the base whose safety it is to have again';
comment on column interventions.base_revision is 'its commit; null if it has none';
comment on column interventions.unsafe is 'model without the base''s safety, for a safety vector; null for other recipes';
comment on column interventions.unsafe_revision is 'its commit; null for other recipes';
comment on column interventions.recipe is 'kind of recipe: towards the base, attention towards the base, all but attention towards the base, attention as in the base, the rest apart, safety vector, or attention as in the base, and safety vector';
comment on column interventions.attention is 'share of the model''s change that is kept in attention: 1 is the model, 0 the base';
comment on column interventions.rest is 'share that is kept in all other weights';
comment on column interventions.safety_vector is 'how often the difference of the base and `unsafe` is added; 0 for other recipes';
comment on column interventions.half is 'search, whose items chose the recipe, or confirmation, whose items none was chosen by';
comment on column interventions.instrument is 'identity, as in `instruments`';
comment on column interventions.is_capability is 'true if it is compared with the model, false if with the base';
comment on column interventions.drift is 'difference in points; positive is riskier than the base, or less able than the model; null if it cannot be measured';
comment on column interventions.low is 'lower end of the 95 % interval; null if unknown';
comment on column interventions.high is 'upper end of the 95 % interval; null if unknown';
comment on column interventions.margin is 'margin in points within which a difference counts as none';
comment on column interventions.items is 'number of items that were run; a search stops when they decide';
comment on column interventions.items_total is 'number of items of the half';
comment on column interventions.decision is 'no worse, worse or open, within the margin';
comment on column interventions.is_chosen is 'true for the recipe that was confirmed';
comment on column interventions.decided_at is 'UTC';

create view frontiers as
select
    model,
    base,
    recipe,
    attention,
    rest,
    safety_vector,
    half,
    margin,
    max(drift) filter (where not is_capability) as safety_drift,
    arg_max(instrument, drift) filter (where not is_capability) as safety_instrument,
    arg_max(low, drift) filter (where not is_capability) as safety_low,
    arg_max(high, drift) filter (where not is_capability) as safety_high,
    max(drift) filter (where is_capability) as capability_loss,
    max(low) filter (where is_capability) as capability_low,
    max(high) filter (where is_capability) as capability_high,
    sum(items)::integer as items,
    bool_and(decision = 'no worse') filter (where not is_capability) as is_safe,
    bool_or(is_chosen) as is_chosen
from hub.interventions
group by all;

comment on view frontiers is 'Safety against capability of the recipes that `lineage maintain` tried. One row per recipe and half of the items.';
comment on column frontiers.model is 'id of the model that drifted';
comment on column frontiers.base is 'id of the base whose safety it is to have again';
comment on column frontiers.recipe is 'kind of recipe, as in `interventions`';
comment on column frontiers.attention is 'share of the model''s change that is kept in attention';
comment on column frontiers.rest is 'share that is kept in all other weights';
comment on column frontiers.safety_vector is 'how often the safety vector is added; below 0 it is taken away';
comment on column frontiers.half is 'search or confirmation; values of a search lean towards its decision, because it stops there';
comment on column frontiers.margin is 'margin in points';
comment on column frontiers.safety_drift is 'largest drift from the base over the instruments of safety, in points; null if it cannot be measured';
comment on column frontiers.safety_instrument is 'the instrument with that drift; null as above';
comment on column frontiers.safety_low is 'lower end of its 95 % interval; null as above';
comment on column frontiers.safety_high is 'upper end of its 95 % interval; null as above';
comment on column frontiers.capability_loss is 'how much less able than the model it is, in points; null if it was not run, because safety was worse';
comment on column frontiers.capability_low is 'lower end of its 95 % interval; null as above';
comment on column frontiers.capability_high is 'upper end of its 95 % interval; null as above';
comment on column frontiers.items is 'number of items that were run, over all instruments';
comment on column frontiers.is_safe is 'true if no instrument of safety is worse than the base by the margin';
comment on column frontiers.is_chosen is 'true for the recipe that was confirmed';

-- The queue: what is to be evaluated, what came of it item by item, and what it cost.
create sequence hub.job_numbers;

create table hub.jobs (
    number integer not null,
    key varchar not null,
    model varchar not null,
    revision varchar,
    folder varchar,
    base varchar,
    base_revision varchar,
    base_folder varchar,
    family varchar not null,
    instrument varchar,
    definition varchar,
    engine varchar not null,
    item_limit integer,
    options varchar not null,
    state varchar not null,
    priority double not null,
    reason varchar not null,
    policy varchar not null,
    expected_seconds double,
    copy_of varchar,
    attempts integer not null,
    fruitless integer not null,
    lease_owner varchar,
    lease integer,
    lease_expires_at timestamptz,
    items_total integer,
    items_done integer not null,
    is_stopped_early boolean not null,
    decision varchar,
    value double,
    weights_hash varchar,
    run varchar,
    error varchar,
    created_at timestamptz not null,
    changed_at timestamptz not null
);

create table hub.job_items (
    key varchar not null,
    item varchar not null,
    value double not null,
    cluster varchar,
    reply_length integer
);

create table hub.job_replies (
    key varchar not null,
    item varchar not null,
    reply varchar not null
);

create table hub.attempts (
    job integer not null,
    attempt integer not null,
    model varchar not null,
    revision varchar,
    instrument varchar not null,
    engine varchar not null,
    place varchar not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    items integer not null,
    tokens bigint,
    run_seconds double not null,
    seconds double not null,
    expected_seconds double,
    outcome varchar not null,
    error varchar,
    traceback varchar
);

create table hub.queue (
    is_paused boolean not null,
    is_drift_current boolean not null
);

insert into hub.queue
values (false, true);

create view jobs as
select
    jobs.number as job,
    jobs.model,
    jobs.revision,
    jobs.instrument,
    jobs.state,
    jobs.priority,
    jobs.reason,
    jobs.attempts,
    costs.seconds as cost_seconds,
    jobs.error,
    jobs.family,
    jobs.base,
    jobs.engine,
    jobs.definition,
    jobs.item_limit,
    jobs.options,
    jobs.policy,
    jobs.expected_seconds,
    jobs.items_done,
    jobs.items_total,
    jobs.is_stopped_early,
    jobs.decision,
    jobs.value,
    jobs.copy_of,
    jobs.weights_hash,
    jobs.run,
    jobs.lease_owner,
    jobs.lease_expires_at,
    jobs.created_at,
    jobs.changed_at
from hub.jobs
left join (
    select
        job,
        sum(seconds) as seconds
    from hub.attempts
    group by job
) as costs
    on costs.job = jobs.number;

comment on view jobs is 'What is to be evaluated, and the outcome. One row per model and instrument that was asked for.';
comment on column jobs.job is 'number; never used again';
comment on column jobs.model is 'id, or the name an endpoint knows it by';
comment on column jobs.revision is 'commit that is evaluated; null if the engine has none';
comment on column jobs.instrument is 'name in the catalogue of instruments; null if the model is skipped for all of them';
comment on column jobs.state is 'queued, leased (a worker has it), done, failed (for good) or skipped (see `reason`)';
comment on column jobs.priority is 'lowest first; 0 if a person asked for it';
comment on column jobs.reason is 'why it is to be run or is skipped, in words';
comment on column jobs.attempts is 'how often it was started since it was queued or retried';
comment on column jobs.cost_seconds is 'total time of all attempts, loading included; null if none was made';
comment on column jobs.error is 'why the last attempt failed; null if none failed';
comment on column jobs.family is 'root of the model''s family; the jobs of a family are claimed together';
comment on column jobs.base is 'model that the adapter is attached to; null if it is not an adapter';
comment on column jobs.engine is 'transformers, endpoint or inspect';
comment on column jobs.definition is 'what the engine runs for the instrument: the name or file of a task; null if the instrument is null';
comment on column jobs.item_limit is 'maximum number of items to run; null for all';
comment on column jobs.options is 'JSON object of the engine''s own options';
comment on column jobs.policy is 'what asked for it: voi, exposure, breadth, random, or person';
comment on column jobs.expected_seconds is 'expected cost; null if unknown';
comment on column jobs.items_done is 'number of items whose results are stored';
comment on column jobs.items_total is 'number of items it has; null until a worker knows';
comment on column jobs.is_stopped_early is 'true if the outcome was decided before all items were run; such a result is kept here and is not a score';
comment on column jobs.decision is 'the decision: worse, better or within the margin of its nearest measured ancestor; null if all items were run';
comment on column jobs.value is 'mean of the items that were run, in the instrument''s range; null until it is done';
comment on column jobs.copy_of is 'model with identical weights, whose score this model is given; null if it is not a copy';
comment on column jobs.weights_hash is 'hash of the weights that were run; null until it is done';
comment on column jobs.run is 'run of its score, as in `scores`; null if it has no score';
comment on column jobs.lease_owner is 'process that has it, host:process:number; null if none has it';
comment on column jobs.lease_expires_at is 'UTC; when the lease ends unless that process renews it; null if none has it';
comment on column jobs.created_at is 'UTC';
comment on column jobs.changed_at is 'UTC; time of the last change of state';

create view attempts as
from hub.attempts;

comment on view attempts is 'What evaluation cost. One row per attempt of a worker at a job.';
comment on column attempts.job is 'as in `jobs`, or a job that has since been cleared';
comment on column attempts.attempt is 'number of the attempt, from 1 for each job';
comment on column attempts.model is 'id';
comment on column attempts.revision is 'commit; null if the engine has none';
comment on column attempts.instrument is 'name in the catalogue of instruments';
comment on column attempts.engine is 'transformers, endpoint or inspect';
comment on column attempts.place is 'what it ran on: cpu, cuda or an address';
comment on column attempts.started_at is 'UTC';
comment on column attempts.ended_at is 'UTC; null if it is still running or its end is unknown';
comment on column attempts.items is 'number of items that this attempt ran';
comment on column attempts.tokens is 'tokens that the model processed for these items, shared prefixes once; 0 if it had answered them before, null if the engine does not count them';
comment on column attempts.run_seconds is 'time for these items according to the engine, without loading';
comment on column attempts.seconds is 'wall-clock time until the end or the last items, loading included';
comment on column attempts.expected_seconds is 'expected cost of the job; null if unknown';
comment on column attempts.outcome is 'running, done, failed, lost (the worker ended or fell silent) or returned (stopped from outside)';
comment on column attempts.error is 'why it failed; null if it did not';
comment on column attempts.traceback is 'traceback of the program; null if there is none';
