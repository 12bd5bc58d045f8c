-- Returns what a snapshot says of itself, as JSON, or nothing where the database is none.
select value
from hub.derived
where name = 'snapshot'
