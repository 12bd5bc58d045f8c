-- Removes the file hashes of the models whose files were fetched anew.
delete from hub.file_hashes
where model in (
    select model
    from lent_files
)
