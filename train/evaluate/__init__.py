"""Scores with intervals: bits per byte, multiple choice, generation, safety, probes."""
