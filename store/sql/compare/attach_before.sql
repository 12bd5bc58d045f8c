-- Opens the older of two databases beside the connection, to be read only.
attach $path as before (read_only)
