-- Remembers the pattern of tags that show a domain: a constant, so that it is prepared once.
set variable relevant_tags = $tag_pattern
