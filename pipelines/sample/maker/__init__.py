"""What makes the sample: dice, phrases, one module per kind of document, and writers of file formats."""
