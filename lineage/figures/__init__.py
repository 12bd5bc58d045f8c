"""Static figures of families, drift and coverage, as SVG text that stands alone and reads in black and white."""
