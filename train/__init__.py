"""Pretraining, continued pretraining, alignment, and the proofs of what was gained and lost."""
