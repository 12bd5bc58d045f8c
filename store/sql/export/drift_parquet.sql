-- Writes the table of drift to a parquet file.
copy (from export_drift) to $path (format parquet, compression zstd, use_tmp_file false)
