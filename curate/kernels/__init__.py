"""Compiled loops over UTF-8 bytes; each has a plain-Python twin in `tests/kernels`."""
