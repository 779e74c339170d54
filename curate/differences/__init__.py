"""What changed between two runs and why, for `curate diff`: settings, code, inputs, and each document's fate."""
