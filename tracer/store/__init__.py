"""SQL mirror of the ledger and files of contents; both can be rebuilt or checked by anyone."""
