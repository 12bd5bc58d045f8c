"""What commands print: results, findings, events and progress of a crawl, and how a terminal shows them."""
