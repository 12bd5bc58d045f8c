-- Returns what names the numbered models and edges as they were last derived, or nothing where they never were.
select value
from hub.derived
where name = 'arrays'
