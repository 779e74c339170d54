"""Measures of a whole set of texts, each beside the same measure of human text of equal size: one file per measure."""
