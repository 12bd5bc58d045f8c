-- Writes the table of drift to a CSV file for spreadsheets.
copy (
    select * replace (
        export_cell(model) as model,
        export_cell(reference) as reference,
        export_cell(instrument) as instrument,
        export_cell(reference_instrument) as reference_instrument,
        export_cell(guard) as guard,
        export_cell(reason) as reason
    )
    from export_drift
) to $path (format csv, header true, use_tmp_file false)
