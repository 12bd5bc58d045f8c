-- Lets the write-ahead log grow to 128 MB before it is folded into the file: each fold rewrites the last row group.
set wal_autocheckpoint = '128MB'
