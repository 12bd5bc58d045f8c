-- Makes the table of what differs: one row a kind and thing, with what was before and what is after.
create temp table differences (
    kind varchar not null,
    model varchar not null,
    what varchar,
    before varchar,
    after varchar
)
