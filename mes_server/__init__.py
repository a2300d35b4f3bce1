"""Orders, materials, ledger and replenishment, in one transaction a batch."""
