-- Makes every time of day that is printed UTC, by later connections to the same open file too.
set global timezone = 'UTC'
