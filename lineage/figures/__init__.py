"""Static figures of families, drift and coverage, as standalone SVG that is readable in black and white."""
