"""The commands that fetch from the Hub: `crawl`, `load` and `watch`."""
