-- Returns the lexicon by which everything derived follows from the records, or nothing where records have come since.
select value
from hub.derived
where name = 'graph'
