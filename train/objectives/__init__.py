"""One training objective per file, found by name."""
