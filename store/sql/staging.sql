-- name: is_mixed
-- Defines whether a JSON list has entries other than those at $path of that type; null where it is no list.
create or replace temp macro is_mixed(written, path, kind) as
    json_array_length(written) <> len(list_filter(json_type(written, path), lambda found: found = kind))

-- name: page_facts
-- Makes the one-row table of what is known of a page as a whole.
create or replace temp table page_facts (
    crawl integer not null,
    seen_at timestamptz not null,
    detail utinyint not null
)

-- name: page_lexicon
-- Remembers by which tags the records of a page are worth keeping; $siblings follows every parent.
create or replace temp table page_lexicon as
select
    cast($tags as varchar[]) as tags,
    cast($tag_prefixes as varchar[]) as tag_prefixes,
    cast($siblings as boolean) as siblings

-- name: page_path
-- Remembers the spool file through which every page of this connection passes.
set variable page_path = $path

-- name: page_records
-- Makes the table of a page's records: who each is, what tells whether it changed, and what is known of it from earlier.
create or replace temp table page_records (
    hub_id varchar,
    id varchar,
    sha varchar,
    card_hash varchar,
    last_modified_at timestamptz,
    faults varchar[],
    body json not null,
    earlier_detail utinyint,
    earlier_seen_at timestamptz
)

-- name: relevant_ids
-- Remembers the pattern of ids that show a domain: a constant, so that it is prepared once.
set variable relevant_ids = $id_pattern

-- name: relevant_since
-- Remembers since when a change makes an unknown record worth keeping: a constant, so that it is prepared once.
set variable relevant_since = $since

-- name: relevant_tags
-- Remembers the pattern of tags that show a domain: a constant, so that it is prepared once.
set variable relevant_tags = $tag_pattern

-- name: texts_in
-- Defines the texts in a JSON value: of a text that one, of a list those of its entries that are texts, else null.
create or replace temp macro texts_in(written) as
    case json_type(written)
        when 'VARCHAR' then [written ->> '$']
        when 'ARRAY' then list_transform(
            list_filter(json_extract(written, '$[*]'), lambda entry: json_type(entry) = 'VARCHAR'),
            lambda entry: entry ->> '$'
        )
    end
