-- Makes what writes a text for a spreadsheet: one that starts like a formula gets an apostrophe first, and no NUL is in it.
create or replace temp macro export_cell(content) as case
    when regexp_matches(content, '^(?:[\s\p{Z}\x0b\x1c-\x1f\x85]*[-=+@＝＋－＠]|[\t\r\n])')
        and not regexp_full_match(content, '[-+]?\p{Nd}+(?:\.\p{Nd}+)?(?:[eE][-+]?\p{Nd}+)?')
        then '''' || replace(content, chr(0), chr(65533))
    else replace(content, chr(0), chr(65533))
end
