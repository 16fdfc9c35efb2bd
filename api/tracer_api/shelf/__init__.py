"""The shelf: each batch's documents, finished once, and a fast path that hands them out."""
