-- Writes the table of edges to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(parent) as parent,
        export_cell(child) as child,
        export_cell(rule) as rule,
        export_cell(declared_as) as declared_as
    )
    from export_edges
) to $path (format csv, header true, use_tmp_file false)
