"""Benchmark items in documents: what an item is, and how much of one a document holds."""
