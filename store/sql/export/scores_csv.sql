-- Writes the table of scores to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(model) as model,
        export_cell(revision) as revision,
        export_cell(instrument) as instrument,
        export_cell(name) as name,
        export_cell(source) as source,
        export_cell(run) as run,
        export_moment(measured_at) as measured_at
    )
    from export_scores
) to $path (format csv, header true, use_tmp_file false)
