-- Writes the table of edges to a parquet file.
copy (from export_edges) to $path (format parquet, compression zstd, use_tmp_file false)
