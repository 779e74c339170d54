"""One document's way through a run, for `curate why`: where it was read, what each step made of it, where it is now."""
