"""benchmarks: the lifecycle of many customers — their purchases through the ledger, and every table beside one computed from the raw events."""
