-- Remembers the pattern of ids that show a domain: a constant, so that it is prepared once.
set variable relevant_ids = $id_pattern
