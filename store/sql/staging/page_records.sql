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
