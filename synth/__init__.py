"""Generation, filtering and pairing of synthetic data."""
