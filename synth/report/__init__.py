"""What is special to synthetic data in reports, cards and `curate why` (the hooks of `curate.kinds`)."""
