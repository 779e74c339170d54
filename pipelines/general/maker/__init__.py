"""What the general sample is made by."""
