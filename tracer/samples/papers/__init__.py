"""Prints the samples' papers as PDF, the same bytes every time.

Only `scripts/make_samples.py` uses this; the PDFs themselves are committed beside the samples.
"""
