-- Returns the greatest _id of a snapshot's parquet.
select max(_id)
from read_parquet($path)
