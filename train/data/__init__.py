"""Token shards, packing, exact mixtures: what a model sees, in which order."""
