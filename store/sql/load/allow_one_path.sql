-- Names the one file that stays readable when all other access is forbidden.
set allowed_paths = [$path]
