-- Stores the hashes of models' files.
insert into hub.file_hashes
select
    model,
    path,
    sha,
    size_bytes,
    oid,
    lfs_oid
from lent_hashes
