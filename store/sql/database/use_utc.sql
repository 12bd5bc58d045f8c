-- Makes every time of day that the connection prints UTC.
set timezone = 'UTC'
