-- Writes the table of models to a parquet file.
copy (from export_models) to $path (format parquet, compression zstd, use_tmp_file false)
