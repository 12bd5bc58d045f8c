-- Remembers since when a change makes an unknown record worth keeping: a constant, so that it is prepared once.
set variable relevant_since = $since
