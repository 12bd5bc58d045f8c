-- Makes the one-row table of what is known of a page as a whole.
create or replace temp table page_facts (
    crawl integer not null,
    seen_at timestamptz not null,
    detail utinyint not null
)
