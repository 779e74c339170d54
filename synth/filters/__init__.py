"""What decides on a sample: one file per filter, named in YAML by its file (`- near_duplicates: {threshold: 0.7}`)."""
