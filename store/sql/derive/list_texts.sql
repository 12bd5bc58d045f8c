-- Lists the distinct texts that declare a parent, with the place where they stand.
select distinct
    evidence,
    text
from written
where text is not null
