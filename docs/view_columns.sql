-- One row for each column of a view that users may query: view, what it holds, column, type, what it means.
select
    v.view_name,
    coalesce(v.comment, ''),
    c.column_name,
    c.data_type,
    coalesce(c.comment, '')
from duckdb_views() as v
inner join duckdb_columns() as c
    on c.schema_name = v.schema_name
    and c.table_name = v.view_name
where
    not v.internal
    and v.schema_name = 'main'
order by
    v.view_name,
    c.column_index
