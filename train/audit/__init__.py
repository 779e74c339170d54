"""What a model gives away: planted canaries, verbatim text, private data."""
