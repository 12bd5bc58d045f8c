-- What the Hub said, and how far we have asked: records, crawls, walks, problems; and what is derived from them.
create schema hub;

create table hub.schema_version (
    version integer not null,
    applied_at timestamptz not null
);

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
    is_adapter boolean,
    is_quantized boolean,
    reported_results integer,
    card_hash varchar,
    detail utinyint not null,
    status varchar not null,
    status_evidence varchar,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    crawl integer not null,
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
    fetched_at timestamptz not null
);

create table hub.file_hashes (
    model varchar not null,
    path varchar not null,
    sha varchar,
    size_bytes bigint,
    oid varchar,
    lfs_oid varchar
);

create table hub.derived (
    name varchar not null,
    value varchar not null,
    derived_at timestamptz not null
);

create table hub.nodes (
    nid integer not null,
    id varchar not null,
    hub_id varchar,
    status varchar not null
);

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
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null
);

create table hub.domains (
    model varchar not null,
    domain varchar not null,
    basis varchar not null,
    confidence double not null,
    signals varchar[] not null
);

create table hub.families (
    model varchar not null,
    root varchar not null,
    depth integer not null,
    family_size integer not null,
    component integer not null
);
