-- Makes what writes a text for one line of an import file: control characters are replaced by U+FFFD.
create or replace temp macro export_line(content) as regexp_replace(content, '[\x00-\x1f\x7f]', chr(65533), 'g')
