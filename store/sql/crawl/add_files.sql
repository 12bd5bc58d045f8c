-- Stores fetched files, or why there is none.
insert into hub.files
select
    model,
    path,
    sha,
    content,
    absent,
    $now
from lent_files
