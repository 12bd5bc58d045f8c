-- Names the folder to which DuckDB writes what does not fit into memory.
set temp_directory = $folder
