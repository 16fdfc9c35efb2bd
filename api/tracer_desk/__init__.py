"""The desk: where issuers hand in papers. It opens the vault; it holds no key of the ledger."""
