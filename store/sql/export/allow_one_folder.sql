-- Names the one folder whose files stay within reach when all other access is forbidden.
set allowed_directories = [$folder]
