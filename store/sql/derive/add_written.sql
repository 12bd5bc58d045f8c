-- Adds what the fetched files declare to what the records declare.
insert into written
select
    child,
    evidence,
    text,
    null,
    seen_at,
    seen_at
from lent_written
