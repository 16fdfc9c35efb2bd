"""A corpus of genuine and forged clearances, made from the sample batches by a seed.

`docs/explanation/forgeries.md` says what counts as detected and what as a false alarm. The
families are written from what a person with one party's keys, papers or server can do; nothing
here asks how the product looks for it.
"""
