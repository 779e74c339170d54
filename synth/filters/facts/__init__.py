"""What in an answer must stand in its source, in any spelling: numbers, sums, percentages, dates, names, citations."""
