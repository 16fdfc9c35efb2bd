"""Traceability for food batches: a ledger on a chain, mirrored in SQL, checked by anyone."""
