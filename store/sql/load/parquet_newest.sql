-- Returns the greatest _id of a snapshot's parquet, of those that are of the Hub's form.
select max(_id)
from read_parquet($path)
where regexp_full_match(_id, '[0-9a-f]{24}')
