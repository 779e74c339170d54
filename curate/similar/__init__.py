"""Which documents are nearly the same: candidates by hashing, verdicts, groups, and the borders of splits."""
