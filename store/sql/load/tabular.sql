-- Returns the rows of one parquet file as they are, in the file's order.
select *
from read_parquet($path, hive_partitioning = false)
