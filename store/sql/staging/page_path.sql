-- Remembers the spool file through which every page of this connection passes.
set variable page_path = $path
