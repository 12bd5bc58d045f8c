-- Opens the newer of two databases beside the connection, to be read only.
attach $path as after (read_only)
