-- Says whether exports have inferred edges too.
set variable export_inferred = $inferred
