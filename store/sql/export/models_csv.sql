-- Writes the table of models to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(id) as id,
        export_cell(author) as author,
        export_moment(created_at) as created_at,
        export_cell(revision) as revision,
        export_cell(library) as library,
        export_cell(license) as license,
        export_cell(pipeline_tag) as pipeline_tag,
        export_cell(gated) as gated,
        array_to_string(domains, '; ') as domains,
        export_cell(root) as root
    )
    from export_models
) to $path (format csv, header true, use_tmp_file false)
