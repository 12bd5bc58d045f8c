-- Writes the table of scores to a parquet file.
copy (from export_scores) to $path (format parquet, compression zstd, use_tmp_file false)
